variable "name" {
  description = "What all resources begin with."
  type        = string
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, one in each zone."
  type        = list(string)
}

variable "client_security_group" {
  description = "Security group of who may connect."
  type        = string
}

variable "kms_key_arn" {
  description = "Key that seals what is at rest."
  type        = string
}

variable "instance_class" {
  description = "Machine of the database."
  type        = string
}

variable "backup_days" {
  description = "Days that backups reach back."
  type        = number
}

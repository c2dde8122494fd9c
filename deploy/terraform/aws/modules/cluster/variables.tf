variable "name" {
  description = "What all resources begin with."
  type        = string
}

variable "kubernetes_version" {
  description = "Version of EKS."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, one in each zone."
  type        = list(string)
}

variable "kms_key_arn" {
  description = "Key that seals what is at rest."
  type        = string
}

variable "admin_arns" {
  description = "Roles or users of IAM that administer the cluster."
  type        = list(string)
}

variable "public_access" {
  description = "Networks that reach the cluster's API from outside."
  type        = list(string)
}

variable "node_type" {
  description = "Machine of a node."
  type        = string
}

variable "node_count" {
  description = "Nodes at least and at most."
  type        = object({ min = number, max = number })
}

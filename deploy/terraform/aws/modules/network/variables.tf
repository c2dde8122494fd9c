variable "name" {
  description = "What all resources begin with."
  type        = string
}

variable "cidr" {
  description = "Addresses of the network."
  type        = string
}

variable "zones" {
  description = "Availability zones."
  type        = list(string)
}

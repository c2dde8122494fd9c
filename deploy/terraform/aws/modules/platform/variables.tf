variable "namespace" {
  description = "Namespace of NATS and Verdict."
  type        = string
}

variable "cidr" {
  description = "Addresses of the network."
  type        = string
}

variable "kms_key_arn" {
  description = "Key that seals what is at rest."
  type        = string
}

variable "public_url" {
  description = "The one origin."
  type        = string
}

variable "image_registry" {
  description = "Where the images are."
  type        = string
}

variable "redis_url" {
  description = "Address of Redis."
  type        = string
}

variable "clickhouse_url" {
  description = "Address of ClickHouse, without a password."
  type        = string
}

variable "clickhouse_cidrs" {
  description = "Networks in which ClickHouse answers."
  type        = list(string)
}

variable "nats_chart_version" {
  description = "Version of the chart of NATS."
  type        = string
}

variable "nats_disk" {
  description = "Disk of each NATS server."
  type        = string
}

variable "values_files" {
  description = "Values that win over those given here."
  type        = list(string)
}

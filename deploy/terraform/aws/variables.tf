variable "region" {
  description = "AWS region that everything stands in."
  type        = string
}

variable "name" {
  description = "What all resources begin with."
  type        = string
  default     = "verdict"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,24}$", var.name))
    error_message = "Lower case letters, digits and hyphens, 2 to 25 of them, a letter first."
  }
}

variable "tags" {
  description = "Tags of every resource, beside Application and Environment."
  type        = map(string)
  default     = {}
}

variable "cidr" {
  description = "Addresses of the network; a /16 leaves room for the pods of each zone."
  type        = string
  default     = "10.40.0.0/16"
  validation {
    condition     = can(cidrhost(var.cidr, 0)) && tonumber(split("/", var.cidr)[1]) <= 18
    error_message = "A network in CIDR form, /18 or larger."
  }
}

variable "zones" {
  description = "Three availability zones of the region: NATS and the edges stand in each."
  type        = list(string)
  validation {
    condition     = length(var.zones) == 3 && length(distinct(var.zones)) == 3
    error_message = "Three different zones."
  }
}

variable "kubernetes_version" {
  description = "Version of EKS."
  type        = string
  default     = "1.33"
  validation {
    condition     = can(regex("^1\\.(3[0-9])$", var.kubernetes_version))
    error_message = "The chart needs Kubernetes 1.30 or later."
  }
}

variable "admin_arns" {
  description = "Roles or users of IAM that administer the cluster; who applies must be among them."
  type        = list(string)
  validation {
    condition     = length(var.admin_arns) > 0
    error_message = "Without an administrator nobody can install anything."
  }
}

variable "public_access" {
  description = "Networks that reach the cluster's API from outside; none: from inside the network alone."
  type        = list(string)
  default     = []
  validation {
    condition     = !contains(var.public_access, "0.0.0.0/0")
    error_message = "Name the networks of your people, not the whole internet."
  }
}

variable "node_type" {
  description = "Machine of a node."
  type        = string
  default     = "m7g.xlarge"
}

variable "node_count" {
  description = "Nodes at least and at most."
  type        = object({ min = number, max = number })
  default     = { min = 3, max = 9 }
  validation {
    condition     = var.node_count.min >= 3 && var.node_count.max >= var.node_count.min
    error_message = "One node in each of three zones at least."
  }
}

variable "database_class" {
  description = "Machine of PostgreSQL; a second one stands by in another zone."
  type        = string
  default     = "db.m7g.large"
}

variable "backup_days" {
  description = "Days that backups of PostgreSQL reach back, to any second."
  type        = number
  default     = 14
  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35
    error_message = "7 to 35 days."
  }
}

variable "cache_type" {
  description = "Machine of Redis, which holds limits that pods share and nothing that must be kept."
  type        = string
  default     = "cache.t4g.small"
}

variable "install_platform" {
  description = "Whether NATS and Verdict are installed; false until the Secret of the platform exists in the namespace."
  type        = bool
  default     = false
}

variable "namespace" {
  description = "Namespace of NATS and Verdict; it holds the Secret before they are installed."
  type        = string
  default     = "verdict"
}

variable "public_url" {
  description = "The one origin of people, SDKs and links in mail."
  type        = string
  validation {
    condition     = can(regex("^https://[^/]+$", var.public_url))
    error_message = "https:// and a name, without a path."
  }
}

variable "image_registry" {
  description = "Where the images were pushed to; nodes may pull from ECR of the account."
  type        = string
}

variable "clickhouse_url" {
  description = "Address of ClickHouse with its user and without a password, which the Secret has."
  type        = string
  validation {
    condition     = can(regex("^https://[^:@/]+@[^/]+$", var.clickhouse_url))
    error_message = "https://user@host:port; no password here, since it would be kept in the state."
  }
}

variable "clickhouse_cidrs" {
  description = "Networks in which ClickHouse answers; those of a private endpoint lie in the network's own."
  type        = list(string)
}

variable "nats_chart_version" {
  description = "Version of the chart of NATS."
  type        = string
  default     = "1.2.6"
}

variable "nats_disk" {
  description = "Disk of each NATS server; EVENTS, CONFIG, VERDICTS and ACTS with their limits must fit."
  type        = string
  default     = "50Gi"
}

variable "values_files" {
  description = "Your values for Verdict's chart, which win over those given here: the way in (ingress or gateway), sizes."
  type        = list(string)
  default     = []
}

output "name" {
  description = "Of the cluster."
  value       = aws_eks_cluster.this.name
}

output "endpoint" {
  description = "Of the cluster's API."
  value       = aws_eks_cluster.this.endpoint
}

output "certificate_authority" {
  description = "Of the cluster's API, in Base64."
  value       = aws_eks_cluster.this.certificate_authority[0].data
}

output "security_group_id" {
  description = "That nodes and pods belong to."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}

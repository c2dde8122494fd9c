output "cluster_name" {
  description = "For aws eks update-kubeconfig."
  value       = module.cluster.name
}

output "database_address" {
  description = "Host and port of PostgreSQL, for FF_DATABASE_URL."
  value       = module.database.address
}

output "database_secret_arn" {
  description = "Where AWS keeps and changes the password of the database's owner."
  value       = module.database.secret_arn
}

output "redis_url" {
  description = "Address of Redis, as the chart has it."
  value       = module.cache.url
}

output "nat_addresses" {
  description = "Addresses that the platform goes out by, for who lets webhooks or ClickHouse's clients in."
  value       = module.network.nat_addresses
}

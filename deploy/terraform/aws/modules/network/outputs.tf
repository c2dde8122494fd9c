output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "For nodes and stores."
  value       = [for each in aws_subnet.private : each.id]
}

output "nat_addresses" {
  description = "Addresses that private subnets go out by."
  value       = [for each in aws_eip.nat : each.public_ip]
}

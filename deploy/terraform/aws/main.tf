# Verdict on AWS: a network of its own, EKS, PostgreSQL and Redis by AWS, ClickHouse by its address, NATS and Verdict by
# their charts. docs/operations/aws.md says in which order.
resource "aws_kms_key" "data" {
  description             = "Disks, databases and secrets of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}

module "network" {
  source = "./modules/network"
  name   = var.name
  cidr   = var.cidr
  zones  = var.zones
}

module "cluster" {
  source             = "./modules/cluster"
  name               = var.name
  kubernetes_version = var.kubernetes_version
  subnet_ids         = module.network.private_subnet_ids
  kms_key_arn        = aws_kms_key.data.arn
  admin_arns         = var.admin_arns
  public_access      = var.public_access
  node_type          = var.node_type
  node_count         = var.node_count
}

module "database" {
  source                = "./modules/database"
  name                  = var.name
  vpc_id                = module.network.vpc_id
  subnet_ids            = module.network.private_subnet_ids
  client_security_group = module.cluster.security_group_id
  kms_key_arn           = aws_kms_key.data.arn
  instance_class        = var.database_class
  backup_days           = var.backup_days
}

module "cache" {
  source                = "./modules/cache"
  name                  = var.name
  vpc_id                = module.network.vpc_id
  subnet_ids            = module.network.private_subnet_ids
  client_security_group = module.cluster.security_group_id
  kms_key_arn           = aws_kms_key.data.arn
  node_type             = var.cache_type
}

module "platform" {
  source              = "./modules/platform"
  count               = var.install_platform ? 1 : 0
  namespace           = var.namespace
  cidr                = var.cidr
  kms_key_arn         = aws_kms_key.data.arn
  public_url          = var.public_url
  image_registry      = var.image_registry
  redis_url           = module.cache.url
  clickhouse_url      = var.clickhouse_url
  clickhouse_cidrs    = var.clickhouse_cidrs
  nats_chart_version  = var.nats_chart_version
  nats_disk           = var.nats_disk
  values_files        = var.values_files
  depends_on          = [module.cluster]
}

# NATS with three servers in three zones, and Verdict; both read the Secret that exists in the namespace.
locals {
  # Users and their rights are those of the compose file; what stands before them is said by the chart of NATS.
  rights = regex("(?s)OF_AN_EDGE = .*", file("${path.module}/../../../../docker/nats.conf"))
  values = {
    publicUrl      = var.public_url
    trustedProxies = var.cidr
    image          = { registry = var.image_registry }
    nats           = { url = "nats://nats:4222", replicas = 3 }
    postgres = {
      tls           = { secretName = "verdict-rds-ca" }
      networkPolicy = { to = [{ ipBlock = { cidr = var.cidr } }] }
    }
    redis = {
      url           = var.redis_url
      auth          = "none"
      networkPolicy = { to = [{ ipBlock = { cidr = var.cidr } }] }
    }
    clickhouse = {
      url           = var.clickhouse_url
      networkPolicy = { ports = [443, 8443], to = [for each in var.clickhouse_cidrs : { ipBlock = { cidr = each } }] }
    }
    defaults      = { spread = { zones = "DoNotSchedule" } }
    edgeEvaluator = { persistence = { enabled = true, storageClass = kubernetes_storage_class_v1.sealed.metadata[0].name } }
    eventIngestor = { persistence = { enabled = true, storageClass = kubernetes_storage_class_v1.sealed.metadata[0].name } }
  }
}

resource "kubernetes_storage_class_v1" "sealed" {
  metadata {
    name = "verdict-sealed"
  }
  storage_provisioner    = "ebs.csi.aws.com"
  volume_binding_mode    = "WaitForFirstConsumer"
  allow_volume_expansion = true
  reclaim_policy         = "Retain"
  parameters             = { type = "gp3", encrypted = "true", kmsKeyId = var.kms_key_arn }
}

resource "kubernetes_config_map_v1" "rights" {
  metadata {
    name      = "nats-rights"
    namespace = var.namespace
  }
  data = { "rights.conf" = local.rights }
}

resource "helm_release" "nats" {
  name       = "nats"
  namespace  = var.namespace
  repository = "https://nats-io.github.io/k8s/helm/charts/"
  chart      = "nats"
  version    = var.nats_chart_version
  values = [yamlencode({
    config = {
      cluster = { enabled = true, replicas = 3 }
      jetstream = {
        enabled   = true
        merge     = { sync_interval = "always" }
        fileStore = { pvc = { size = var.nats_disk, storageClassName = kubernetes_storage_class_v1.sealed.metadata[0].name } }
      }
      merge = { max_payload = "<< 8MB >>", "$include" = "../nats-rights/rights.conf" }
    }
    container = {
      env = { for each in ["CONTROL_PLANE", "EDGE", "INGESTOR", "ANALYTICS"] : "NATS_${each}_PASSWORD" => {
        valueFrom = { secretKeyRef = { name = "verdict", key = "NATS_${each}_PASSWORD" } }
      } }
      patch = [{ op = "add", path = "/volumeMounts/-", value = { name = "rights", mountPath = "/etc/nats-rights" } }]
    }
    podTemplate = {
      topologySpreadConstraints = { "topology.kubernetes.io/zone" = { maxSkew = 1, whenUnsatisfiable = "DoNotSchedule" } }
      patch = [{
        op    = "add"
        path  = "/spec/volumes/-"
        value = { name = "rights", configMap = { name = kubernetes_config_map_v1.rights.metadata[0].name } }
      }]
    }
    natsBox = { enabled = false }
  })]
}

resource "helm_release" "verdict" {
  name       = "verdict"
  namespace  = var.namespace
  chart      = "${path.module}/../../../../helm/verdict"
  timeout    = 900
  values     = concat([yamlencode(local.values)], [for each in var.values_files : file(each)])
  depends_on = [helm_release.nats]
}

{{/*
What each workload is: its image, port, stores, and what of the Secret `verdict` it reads (env name: key; a "?" at the end:
it may be missing). `calls`: other workloads. `outside`: it calls addresses that people name. `served`: others call it.
*/}}
{{- define "verdict.workloads" -}}
controlPlane:
  name: control-plane
  port: 8080
  served: true
  outside: true
  stores: [postgres, nats, redis]
  natsUser: CONTROL_PLANE
  secret:
    FF_DATABASE_URL: FF_DATABASE_URL
    FF_AUTH_JWT_SECRET: FF_AUTH_JWT_SECRET
    FF_SEALING_KEYS: FF_SEALING_KEYS?
    FF_ADMIN_EMAIL: FF_ADMIN_EMAIL
    FF_ADMIN_PASSWORD: FF_ADMIN_PASSWORD
    FF_SMTP_URL: FF_SMTP_URL?
  config:
    FF_MIGRATE_ON_START: {{ ternary "false" "true" (eq (include "verdict.migrationMode" .) "hook") | quote }}
    {{- with .Values.publicUrl }}
    FF_PUBLIC_URL: {{ . | quote }}
    {{- end }}
    FF_NATS_REPLICAS: {{ int .Values.nats.replicas | quote }}
edgeEvaluator:
  name: edge-evaluator
  port: 8081
  served: true
  outside: {{ not (empty .Values.edgeEvaluator.ingestorUrl) }}
  stores: [nats, redis]
  natsUser: EDGE
  calls: [{{ if and .Values.eventIngestor.enabled (not .Values.edgeEvaluator.ingestorUrl) }}eventIngestor{{ end }}]
  secret: {}
  config:
    FF_EDGE_SNAPSHOT_DIR: /var/lib/verdict/edge
    FF_INGESTOR_URL: {{ include "verdict.ingestorUrl" . | quote }}
    {{- with .Values.edgeEvaluator.region }}
    FF_REGION: {{ . | quote }}
    {{- end }}
    {{- if and .Values.publicUrl .Values.controlPlane.enabled }}
    FF_EDGE_PUBLIC_URL: {{ printf "%s/edge" (trimSuffix "/" .Values.publicUrl) | quote }}
    {{- else if .Values.publicUrl }}
    FF_EDGE_PUBLIC_URL: {{ trimSuffix "/" .Values.publicUrl | quote }}
    {{- end }}
    {{- with .Values.edgeEvaluator.grpc }}
    {{- if .enabled }}
    FF_EDGE_GRPC_PORT: {{ int .port | quote }}
    {{- if .tls.secretName }}
    FF_EDGE_GRPC_TLS_CERTIFICATE_FILE: /etc/verdict/grpc/{{ .tls.certificate }}
    FF_EDGE_GRPC_TLS_KEY_FILE: /etc/verdict/grpc/{{ .tls.key }}
    {{- with .tls.clientCa }}
    FF_EDGE_GRPC_TLS_CLIENT_CA_FILE: /etc/verdict/grpc/{{ . }}
    {{- end }}
    {{- end }}
    {{- end }}
    {{- end }}
eventIngestor:
  name: event-ingestor
  port: 8082
  served: true
  stores: [nats, redis]
  natsUser: INGESTOR
  secret:
    FF_PII_SECRET: FF_PII_SECRET
  config:
    FF_INGESTOR_SNAPSHOT_FILE: /var/lib/verdict/ingestor.snapshot
    FF_NATS_REPLICAS: {{ int .Values.nats.replicas | quote }}
analytics:
  name: analytics
  port: 8083
  served: true
  outside: true
  stores: [nats, redis, clickhouse]
  natsUser: ANALYTICS
  secret:
    FF_PII_SECRET: FF_PII_SECRET
    FF_EXPORT_SECRET: FF_EXPORT_SECRET
  config:
    FF_NATS_REPLICAS: {{ int .Values.nats.replicas | quote }}
    MPLCONFIGDIR: /tmp
loader:
  name: loader
  image: analytics
  args: [analytics, load]
  port: 8084
  stores: [nats, clickhouse]
  natsUser: ANALYTICS
  secret: {}
  config:
    FF_NATS_REPLICAS: {{ int .Values.nats.replicas | quote }}
exporter:
  name: exporter
  image: analytics
  args: [analytics, export]
  port: 8085
  outside: true
  stores: [nats, clickhouse]
  natsUser: ANALYTICS
  secret:
    FF_EXPORT_SECRET: FF_EXPORT_SECRET
  config:
    FF_NATS_REPLICAS: {{ int .Values.nats.replicas | quote }}
monitor:
  name: monitor
  image: analytics
  args: [analytics, monitor]
  port: 8086
  stores: [nats, clickhouse]
  natsUser: ANALYTICS
  secret: {}
  config:
    FF_NATS_REPLICAS: {{ int .Values.nats.replicas | quote }}
{{- end -}}

{{/* `hook`: Jobs before the services; `start`: whoever starts first. A try-out's stores come with the services. */}}
{{- define "verdict.migrationMode" -}}
{{- ternary "start" .Values.migrations.mode .Values.demo.enabled -}}
{{- end -}}

{{- define "verdict.ingestorUrl" -}}
{{- if .Values.edgeEvaluator.ingestorUrl -}}
{{- .Values.edgeEvaluator.ingestorUrl -}}
{{- else if .Values.eventIngestor.enabled -}}
http://{{ include "verdict.fullname" . }}-event-ingestor:8082
{{- end -}}
{{- end -}}

{{/* The values of a workload, over those of all: root, key. */}}
{{- define "verdict.valuesOf" -}}
{{- include "verdict.merged" (dict "base" .root.Values.defaults "over" (index .root.Values .key)) -}}
{{- end -}}

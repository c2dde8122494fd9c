{{/* Where the stores are: with demo.enabled in this release, else as the values say. */}}
{{- define "verdict.natsUrl" -}}
{{- if .Values.demo.enabled }}nats://{{ include "verdict.fullname" . }}-nats:4222{{ else }}{{ required "nats.url: where NATS is, as nats://nats:4222" .Values.nats.url }}{{ end -}}
{{- end -}}
{{- define "verdict.redisUrl" -}}
{{- if .Values.demo.enabled }}redis://{{ include "verdict.fullname" . }}-redis:6379/0{{ else }}{{ .Values.redis.url }}{{ end -}}
{{- end -}}
{{- define "verdict.clickhouseUrl" -}}
{{- if .Values.demo.enabled }}http://verdict@{{ include "verdict.fullname" . }}-clickhouse:8123{{ else }}{{ required "clickhouse.url: where ClickHouse is, as https://verdict@clickhouse:8443" .Values.clickhouse.url }}{{ end -}}
{{- end -}}

{{/* Settings of the ways to a workload's stores, without secrets: root, stores. */}}
{{- define "verdict.storeConfig" -}}
{{- $values := .root.Values -}}
{{- if has "nats" .stores }}
FF_NATS_URL: {{ include "verdict.natsUrl" .root | quote }}
{{- if eq $values.nats.auth "file" }}
FF_NATS_CREDENTIALS_FILE: /etc/verdict/nats-credentials/user.creds
{{- end }}
{{- include "verdict.tlsConfig" (dict "prefix" "FF_NATS" "name" "nats" "tls" $values.nats.tls) }}
{{- end }}
{{- if and (has "redis" .stores) (include "verdict.redisUrl" .root) }}
FF_REDIS_URL: {{ include "verdict.redisUrl" .root | quote }}
{{- with $values.redis.username }}
FF_REDIS_USERNAME: {{ . | quote }}
{{- end }}
{{- include "verdict.tlsConfig" (dict "prefix" "FF_REDIS" "name" "redis" "tls" $values.redis.tls) }}
{{- end }}
{{- if has "clickhouse" .stores }}
FF_CLICKHOUSE_URL: {{ include "verdict.clickhouseUrl" .root | quote }}
FF_CLICKHOUSE_DATABASE: {{ $values.clickhouse.database | quote }}
{{- with $values.clickhouse.cluster }}
FF_CLICKHOUSE_CLUSTER: {{ . | quote }}
{{- end }}
{{- if gt (int $values.clickhouse.shards) 1 }}
FF_CLICKHOUSE_SHARDS: {{ int $values.clickhouse.shards | quote }}
{{- end }}
{{- with $values.clickhouse.retentionDays }}
FF_CLICKHOUSE_RETENTION_DAYS: {{ int . | quote }}
{{- end }}
{{- include "verdict.tlsConfig" (dict "prefix" "FF_CLICKHOUSE" "name" "clickhouse" "tls" $values.clickhouse.tls) }}
{{- end }}
{{- end -}}

{{- define "verdict.tlsConfig" -}}
{{- $folder := printf "/etc/verdict/%s" .name -}}
{{- $prefix := .prefix -}}
{{- with .tls }}
{{- if .secretName }}
{{- with .ca }}
{{ $prefix }}_CA_FILE: {{ $folder }}/{{ . }}
{{- end }}
{{- with .certificate }}
{{ $prefix }}_CERTIFICATE_FILE: {{ $folder }}/{{ . }}
{{- end }}
{{- with .key }}
{{ $prefix }}_KEY_FILE: {{ $folder }}/{{ . }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What a workload reads of the Secret: root, workload. */}}
{{- define "verdict.secretEnv" -}}
{{- $values := .root.Values -}}
{{- $secret := deepCopy .workload.secret -}}
{{- $stores := .workload.stores -}}
{{- if and (has "nats" $stores) (eq $values.nats.auth "password") -}}
{{- if not $values.demo.enabled -}}
{{- $_ := set $secret "FF_NATS_USERNAME" (printf "NATS_%s_USERNAME" .workload.natsUser) -}}
{{- end -}}
{{- $_ := set $secret "FF_NATS_PASSWORD" (printf "NATS_%s_PASSWORD" .workload.natsUser) -}}
{{- end -}}
{{- if and (has "redis" $stores) (include "verdict.redisUrl" .root) (eq $values.redis.auth "password") -}}
{{- $_ := set $secret "FF_REDIS_PASSWORD" "REDIS_PASSWORD" -}}
{{- end -}}
{{- if has "clickhouse" $stores -}}
{{- $_ := set $secret "FF_CLICKHOUSE_PASSWORD" "CLICKHOUSE_PASSWORD" -}}
{{- end -}}
{{- if and $values.demo.enabled (has "postgres" $stores) -}}
{{- $_ := unset $secret "FF_DATABASE_URL" }}
- name: POSTGRES_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ $values.secret.name }}
      key: POSTGRES_PASSWORD
- name: FF_DATABASE_URL
  value: postgresql://verdict:$(POSTGRES_PASSWORD)@{{ include "verdict.fullname" .root }}-postgres:5432/verdict
{{- end -}}
{{- if and $values.demo.enabled (has "nats" $stores) }}
- name: FF_NATS_USERNAME
  value: {{ .workload.natsUser | lower | replace "_" "-" }}
{{- end -}}
{{- range $variable, $key := $secret }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ $values.secret.name }}
      key: {{ trimSuffix "?" $key }}
      {{- if hasSuffix "?" $key }}
      optional: true
      {{- end }}
{{- end }}
{{- end -}}

{{/* Volumes with the files of the ways to the stores: root, workload; and where they are mounted. */}}
{{- define "verdict.storeVolumes" -}}
{{- $values := .root.Values -}}
{{- $workload := .workload -}}
{{- range $store := $workload.stores }}
{{- with (index $values $store).tls.secretName }}
- name: tls-{{ $store }}
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- end }}
{{- if and (has "nats" $workload.stores) (eq $values.nats.auth "file") }}
- name: nats-credentials
  secret:
    secretName: {{ $values.secret.name }}
    defaultMode: 0440
    items:
      - key: NATS_{{ $workload.natsUser }}_CREDENTIALS
        path: user.creds
{{- end }}
{{- end -}}

{{- define "verdict.storeMounts" -}}
{{- $values := .root.Values -}}
{{- $workload := .workload -}}
{{- range $store := $workload.stores }}
{{- if (index $values $store).tls.secretName }}
- name: tls-{{ $store }}
  mountPath: /etc/verdict/{{ $store }}
  readOnly: true
{{- end }}
{{- end }}
{{- if and (has "nats" $workload.stores) (eq $values.nats.auth "file") }}
- name: nats-credentials
  mountPath: /etc/verdict/nats-credentials
  readOnly: true
{{- end }}
{{- end -}}

{{/* A rule of egress to one store: root, store. */}}
{{- define "verdict.toStore" -}}
{{- $store := .store -}}
{{- $values := index .root.Values $store -}}
{{- if .root.Values.demo.enabled -}}
- ports:
    - protocol: TCP
      port: {{ $store }}
  to:
    - podSelector:
        matchLabels:
          {{- include "verdict.selectorLabels" .root | nindent 10 }}
          app.kubernetes.io/component: {{ $store }}
{{- else -}}
- ports:
    {{- range $values.networkPolicy.ports }}
    - protocol: TCP
      port: {{ int . }}
    {{- end }}
  {{- with $values.networkPolicy.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/* Each target has its workload's name as `component`, which alerts and dashboards ask for. */}}
{{- define "verdict.scrapedAs" -}}
- sourceLabels: [__meta_kubernetes_pod_label_app_kubernetes_io_component]
  targetLabel: component
{{- end -}}

{{/* Which pods tell metrics: the services, and neither a Job nor a store of a try-out. */}}
{{- define "verdict.scraped" -}}
- key: app.kubernetes.io/component
  operator: In
  values:
    {{- range $key, $workload := include "verdict.workloads" . | fromYaml }}
    - {{ $workload.name }}
    {{- end }}
{{- end -}}

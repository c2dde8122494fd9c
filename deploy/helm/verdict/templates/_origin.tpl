{{/* The rules of the one origin: the prefix that is taken away, and who answers. Longer ones stand first. */}}
{{- define "verdict.origin" -}}
rules:
{{- if .Values.controlPlane.enabled }}
{{- if .Values.analytics.enabled }}
  - {prefix: /analytics, name: analytics, port: 8083}
{{- end }}
{{- if .Values.eventIngestor.enabled }}
  - {prefix: /events, name: event-ingestor, port: 8082}
{{- end }}
{{- if .Values.edgeEvaluator.enabled }}
  - {prefix: /edge, name: edge-evaluator, port: 8081}
{{- end }}
  - {prefix: /, name: control-plane, port: 8080}
{{- else if .Values.edgeEvaluator.enabled }}
  - {prefix: /, name: edge-evaluator, port: 8081}
{{- end }}
{{- end -}}

{{/* Part of the names of all objects of a release. */}}
{{- define "verdict.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains "verdict" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-verdict" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects all pods of a release; never changes. */}}
{{- define "verdict.selectorLabels" -}}
app.kubernetes.io/name: verdict
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Of an object: root, component (may be empty). */}}
{{- define "verdict.labels" -}}
{{ include "verdict.selectorLabels" .root }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
app.kubernetes.io/part-of: verdict
app.kubernetes.io/version: {{ .root.Chart.AppVersion }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- with .root.Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "verdict.serviceAccount" -}}
{{- default (ternary (include "verdict.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{/* An image: root, name (of the service), image (its own repository, tag and digest). */}}
{{- define "verdict.image" -}}
{{- $repository := default (printf "%s/%s" .root.Values.image.repository .name) .image.repository -}}
{{- $tag := default (default .root.Chart.AppVersion .root.Values.image.tag) .image.tag -}}
{{- with .root.Values.image.registry }}{{ . }}/{{ end -}}
{{- $repository }}:{{ $tag }}
{{- with .image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/* One map over another: base, over. What is said in `over` counts, also where it is false, 0 or empty. */}}
{{- define "verdict.merged" -}}
{{- $merged := deepCopy .base -}}
{{- range $key, $value := .over -}}
{{- if and (kindIs "map" $value) (kindIs "map" (get $merged $key)) -}}
{{- $_ := set $merged $key (include "verdict.merged" (dict "base" (get $merged $key) "over" $value) | fromYaml) -}}
{{- else if not (kindIs "invalid" $value) -}}
{{- $_ := set $merged $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $merged -}}
{{- end -}}

{{/* A number as people write it: Helm reads large ones as floats. */}}
{{- define "verdict.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ int64 . }}{{- else -}}{{ . }}{{- end -}}
{{- end -}}

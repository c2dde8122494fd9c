{{/* All objects of one workload: root, key. Each service has a file of its own that calls this. */}}
{{- define "verdict.workload" -}}
{{- $root := .root -}}
{{- $workload := index (include "verdict.workloads" $root | fromYaml) .key -}}
{{- $values := include "verdict.valuesOf" . | fromYaml -}}
{{- $name := printf "%s-%s" (include "verdict.fullname" $root) $workload.name -}}
{{- $objectLabels := include "verdict.labels" (dict "root" $root "component" $workload.name) -}}
{{- $labels := printf "%s\napp.kubernetes.io/component: %s" (include "verdict.selectorLabels" $root) $workload.name -}}
{{- $config := include "verdict.config" (dict "root" $root "workload" $workload "values" $values) -}}
{{- $kept := and (hasKey $values "persistence") (dig "persistence" "enabled" false $values) -}}
{{- if $values.enabled -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}
  labels:
    {{- $objectLabels | nindent 4 }}
data:
  {{- $config | nindent 2 }}
---
apiVersion: apps/v1
kind: {{ ternary "StatefulSet" "Deployment" $kept }}
metadata:
  name: {{ $name }}
  labels:
    {{- $objectLabels | nindent 4 }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ int $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      {{- $labels | nindent 6 }}
  {{- if $kept }}
  serviceName: {{ $name }}
  podManagementPolicy: Parallel
  updateStrategy:
    type: RollingUpdate
  persistentVolumeClaimRetentionPolicy:
    whenDeleted: Retain
    whenScaled: Delete
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        {{- with $values.persistence.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ $values.persistence.size }}
  {{- else }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  {{- end }}
  template:
    {{- include "verdict.pod" (dict "root" $root "workload" $workload "values" $values "config" $config "labels" $labels) | nindent 4 }}
{{- if $workload.served }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels:
    {{- $objectLabels | nindent 4 }}
  {{- with $values.service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $values.service.type }}
  selector:
    {{- $labels | nindent 4 }}
  ports:
    - name: http
      port: {{ int $workload.port }}
      targetPort: http
      appProtocol: http
    {{- if and (eq .key "edgeEvaluator") $values.grpc.enabled }}
    - name: grpc
      port: {{ int $values.grpc.port }}
      targetPort: grpc
      appProtocol: {{ ternary "https" "kubernetes.io/h2c" (not (empty $values.grpc.tls.secretName)) }}
    {{- end }}
{{- end }}
{{- if or $values.autoscaling.enabled (gt (int $values.replicas) 1) }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $name }}
  labels:
    {{- $objectLabels | nindent 4 }}
spec:
  maxUnavailable: {{ int $values.disruption.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- $labels | nindent 6 }}
{{- end }}
{{- if $values.autoscaling.enabled }}
---
{{ include "verdict.autoscaler" (dict "name" $name "labels" $objectLabels "autoscaling" $values.autoscaling "kind" (ternary "StatefulSet" "Deployment" $kept)) }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "verdict.autoscaler" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .name }}
  labels:
    {{- .labels | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: {{ .kind }}
    name: {{ .name }}
  {{- with .autoscaling }}
  minReplicas: {{ int .min }}
  maxReplicas: {{ int .max }}
  metrics:
    {{- if .cpuPercent }}
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ int .cpuPercent }}
    {{- end }}
    {{- range .pods }}
    - type: Pods
      pods:
        metric:
          name: {{ .metric }}
        target:
          type: AverageValue
          averageValue: {{ .averageValue | quote }}
    {{- end }}
    {{- range .external }}
    - type: External
      external:
        metric:
          name: {{ .metric }}
          {{- with .labels }}
          selector:
            matchLabels:
              {{- toYaml . | nindent 14 }}
          {{- end }}
        target:
          type: {{ ternary "AverageValue" "Value" (hasKey . "averageValue") }}
          {{- if hasKey . "averageValue" }}
          averageValue: {{ .averageValue | quote }}
          {{- else }}
          value: {{ .value | quote }}
          {{- end }}
    {{- end }}
  behavior:
    scaleDown:
      stabilizationWindowSeconds: {{ int .downAfterSeconds }}
  {{- end }}
{{- end -}}

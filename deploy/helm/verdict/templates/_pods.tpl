{{/* What holds for every pod and container. */}}
{{- define "verdict.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "verdict.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "verdict.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The settings of a workload, without secrets: root, workload, values. What the values say counts. */}}
{{- define "verdict.config" -}}
{{- $given := dict -}}
{{- range $name, $value := .values.settings -}}
{{- $_ := set $given $name (include "verdict.text" $value) -}}
{{- end -}}
{{- $made := include "verdict.madeConfig" . | fromYaml -}}
{{- toYaml (merge $given $made) -}}
{{- end -}}

{{- define "verdict.madeConfig" -}}
FF_HOST: 0.0.0.0
FF_PORT: {{ int .workload.port | quote }}
FF_ADMIN_PORT: "9090"
FF_LOG_LEVEL: {{ .root.Values.logLevel }}
FF_DRAIN_SECONDS: {{ int .root.Values.stopping.drainSeconds | quote }}
FF_IDLE_CONNECTION_SECONDS: {{ int .root.Values.idleConnectionSeconds | quote }}
{{- with .root.Values.trustedProxies }}
FF_TRUSTED_PROXIES: {{ . | quote }}
{{- end }}
{{- with .root.Values.tracing }}
{{- if .endpoint }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ .endpoint | quote }}
OTEL_TRACES_SAMPLER: {{ .sampler }}
OTEL_TRACES_SAMPLER_ARG: {{ .samplerArgument | quote }}
{{- end }}
{{- end }}
{{- include "verdict.storeConfig" (dict "root" .root "stores" .workload.stores) }}
{{ toYaml .workload.config }}
{{- end -}}

{{/* Longer than all that a stop takes: preStop, the drain, ten seconds for open requests, ten for background work. */}}
{{- define "verdict.graceSeconds" -}}
{{- with .Values.stopping -}}{{ add (int .preStopSeconds) (int .drainSeconds) 10 10 5 }}{{- end -}}
{{- end -}}

{{- define "verdict.probes" -}}
startupProbe:
  httpGet:
    path: /healthz
    port: http
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet:
    path: /healthz
    port: http
  periodSeconds: 10
  timeoutSeconds: 3
readinessProbe:
  httpGet:
    path: /readyz
    port: http
  periodSeconds: 5
  timeoutSeconds: 3
{{- end -}}

{{/* The pod of a workload: root, workload, values, config (its settings), labels (that select it). */}}
{{- define "verdict.pod" -}}
{{- $root := .root -}}
{{- $values := .values -}}
{{- $workload := .workload -}}
{{- $grpc := and (eq $workload.name "edge-evaluator") $values.grpc.enabled -}}
{{- $grpcTls := "" -}}
{{- if $grpc }}{{ $grpcTls = $values.grpc.tls.secretName }}{{ end -}}
metadata:
  labels:
    {{- .labels | nindent 4 }}
    app.kubernetes.io/part-of: verdict
    {{- with $root.Values.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with $values.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/config: {{ sha256sum .config }}
    {{- with $values.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "verdict.serviceAccount" $root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ include "verdict.graceSeconds" $root }}
  {{- with include "verdict.pullSecrets" $root | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with $values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    {{- include "verdict.podSecurity" $root | nindent 4 }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: topology.kubernetes.io/zone
      whenUnsatisfiable: {{ $values.spread.zones }}
      labelSelector:
        matchLabels:
          {{- .labels | nindent 10 }}
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: {{ $values.spread.nodes }}
      labelSelector:
        matchLabels:
          {{- .labels | nindent 10 }}
  {{- range $key := list "nodeSelector" "affinity" "tolerations" }}
  {{- with get $values $key }}
  {{ $key }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  containers:
    - name: {{ $workload.name }}
      image: {{ include "verdict.image" (dict "root" $root "name" (default $workload.name $workload.image) "image" $values.image) }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      {{- with $workload.args }}
      args: {{ toJson . }}
      {{- end }}
      ports:
        - name: http
          containerPort: {{ int $workload.port }}
        - name: admin
          containerPort: 9090
        {{- if $grpc }}
        - name: grpc
          containerPort: {{ int $values.grpc.port }}
        {{- end }}
      envFrom:
        - configMapRef:
            name: {{ include "verdict.fullname" $root }}-{{ $workload.name }}
        {{- with $values.envFrom }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- $env := include "verdict.secretEnv" (dict "root" $root "workload" $workload) | trim }}
      {{- if or $env $values.env }}
      env:
        {{- with $env }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with $values.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
      {{- include "verdict.probes" $root | nindent 6 }}
      lifecycle:
        preStop:
          sleep:
            seconds: {{ int $root.Values.stopping.preStopSeconds }}
      resources:
        {{- toYaml $values.resources | nindent 8 }}
      securityContext:
        {{- include "verdict.containerSecurity" $root | nindent 8 }}
      volumeMounts:
        - name: tmp
          mountPath: /tmp
        {{- if hasKey $values "persistence" }}
        - name: data
          mountPath: /var/lib/verdict
        {{- end }}
        {{- if $grpcTls }}
        - name: tls-grpc
          mountPath: /etc/verdict/grpc
          readOnly: true
        {{- end }}
        {{- with include "verdict.storeMounts" (dict "root" $root "workload" $workload) | trim }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with $values.volumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: {{ $values.temporarySize }}
    {{- if hasKey $values "persistence" }}
    {{- if not $values.persistence.enabled }}
    - name: data
      emptyDir:
        sizeLimit: {{ $values.persistence.size }}
    {{- end }}
    {{- end }}
    {{- with $grpcTls }}
    - name: tls-grpc
      secret:
        secretName: {{ . }}
        defaultMode: 0440
    {{- end }}
    {{- with include "verdict.storeVolumes" (dict "root" $root "workload" $workload) | trim }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- with $values.volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

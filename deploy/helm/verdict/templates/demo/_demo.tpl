{{/* A store of a try-out: root, name, port, user (its uid), args, env, mounts (further ones), volumes, probe, data, memory. */}}
{{- define "verdict.demoStore" -}}
{{- $root := .root -}}
{{- $name := printf "%s-%s" (include "verdict.fullname" $root) .name -}}
{{- $labels := printf "%s\napp.kubernetes.io/component: %s" (include "verdict.selectorLabels" $root) .name -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels:
    {{- include "verdict.labels" (dict "root" $root "component" .name) | nindent 4 }}
spec:
  selector:
    {{- $labels | nindent 4 }}
  ports:
    - name: {{ .name }}
      port: {{ .port }}
      targetPort: {{ .name }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ $name }}
  labels:
    {{- include "verdict.labels" (dict "root" $root "component" .name) | nindent 4 }}
spec:
  replicas: 1
  serviceName: {{ $name }}
  selector:
    matchLabels:
      {{- $labels | nindent 6 }}
  {{- if $root.Values.demo.storage }}
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: {{ $root.Values.demo.storage }}
  {{- end }}
  template:
    metadata:
      labels:
        {{- $labels | nindent 8 }}
        app.kubernetes.io/part-of: verdict
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 60
      securityContext:
        runAsNonRoot: true
        runAsUser: {{ .user }}
        runAsGroup: {{ .user }}
        fsGroup: {{ .user }}
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: {{ .name }}
          image: {{ index $root.Values.demo.images .name }}
          {{- with .args }}
          args: {{ toJson . }}
          {{- end }}
          ports:
            - name: {{ .name }}
              containerPort: {{ .port }}
          {{- with .env }}
          env:
            {{- . | nindent 12 }}
          {{- end }}
          startupProbe:
            {{- .probe | nindent 12 }}
            periodSeconds: 2
            failureThreshold: 60
          readinessProbe:
            {{- .probe | nindent 12 }}
            periodSeconds: 5
            timeoutSeconds: 3
          livenessProbe:
            {{- .probe | nindent 12 }}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: {{ .memory }}
          securityContext:
            {{- include "verdict.containerSecurity" $root | nindent 12 }}
          volumeMounts:
            - name: data
              mountPath: {{ .data }}
            - name: tmp
              mountPath: /tmp
            {{- with .mounts }}
            {{- . | nindent 12 }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir:
            sizeLimit: 256Mi
        {{- if not $root.Values.demo.storage }}
        - name: data
          emptyDir:
            sizeLimit: 5Gi
        {{- end }}
        {{- with .volumes }}
        {{- . | nindent 8 }}
        {{- end }}
{{- end -}}

{{- define "verdict.demoSecret" -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ .root.Values.secret.name }}
      key: {{ .key }}
{{- end -}}

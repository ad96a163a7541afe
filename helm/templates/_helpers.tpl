{{- define "autosignin.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 40 characters: a StatefulSet adds its own suffixes, and a pod's name is a label value. */}}
{{- define "autosignin.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "autosignin.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "autosignin.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "autosignin.identity" -}}
app.kubernetes.io/name: {{ include "autosignin.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Of the worker's pods alone; jobs of the chart are another component. */}}
{{- define "autosignin.selector" -}}
{{ include "autosignin.identity" . }}
app.kubernetes.io/component: worker
{{- end -}}

{{- define "autosignin.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "autosignin.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "autosignin.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "autosignin.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* "1m" -> 60000: the notation of worker.yaml and of Prometheus. */}}
{{- define "autosignin.milliseconds" -}}
{{- $number := regexFind "^[0-9]+" . | int64 -}}
{{- mul $number (get (dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000) (regexReplaceAll "^[0-9]+" . "") | int64) -}}
{{- end -}}

{{/* The same in seconds, rounded up. */}}
{{- define "autosignin.seconds" -}}
{{- div (add (include "autosignin.milliseconds" . | int64) 999) 1000 -}}
{{- end -}}

{{/* "512Mi", "1.5G", "100m", 2 as Kubernetes writes quantities, "64MiB" as worker.yaml writes sizes -> a number. */}}
{{- define "autosignin.quantity" -}}
{{- $text := kindIs "string" . | ternary . (printf "%.3f" (float64 .)) -}}
{{- $units := dict "" 1 "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $unit := regexReplaceAll "^[0-9.]+" $text "" | trimSuffix "B" -}}
{{- printf "%.3f" (mulf (regexFind "^[0-9.]+" $text | float64) (get $units $unit)) -}}
{{- end -}}

{{- define "autosignin.graceSeconds" -}}
{{- add (include "autosignin.seconds" (default "20s" .Values.config.drain_timeout) | int64) (.Values.terminationGraceMarginSeconds | int64) -}}
{{- end -}}

{{/* How the brokers want to be logged in to; empty: not at all. librdkafka's own default is GSSAPI. */}}
{{- define "autosignin.saslMechanism" -}}
{{- $properties := default dict .Values.config.kafka.properties -}}
{{- if hasPrefix "SASL" (get $properties "security.protocol" | toString | upper) -}}
{{- default "GSSAPI" (default (get $properties "sasl.mechanisms") (get $properties "sasl.mechanism")) -}}
{{- end -}}
{{- end -}}

{{/* Whom the worker asks on the way to Apple: the hosts, or the proxy instead. */}}
{{- define "autosignin.appleUrls" -}}
{{- $apple := default dict .Values.config.apple -}}
{{- if $apple.proxy -}}
{{- toYaml (list $apple.proxy) -}}
{{- else -}}
{{- $endpoints := default dict $apple.endpoints -}}
{{- $urls := list (default "https://api.storekit.itunes.apple.com" $endpoints.production) (default "https://api.storekit-sandbox.itunes.apple.com" $endpoints.sandbox) -}}
{{- range .Values.config.apps -}}{{- with .base_url -}}{{- $urls = append $urls . -}}{{- end -}}{{- end -}}
{{- $identity := default dict .Values.config.sign_in_with_apple -}}
{{- if $identity.clients -}}{{- $urls = append $urls (default "https://appleid.apple.com" $identity.endpoint) -}}{{- end -}}
{{- toYaml (uniq $urls) -}}
{{- end -}}
{{- end -}}

{{- define "autosignin.environment" -}}
- name: AUTOSIGNIN_CONFIG
  value: /etc/autosignin/config/worker.yaml
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "autosignin.mounts" -}}
- {name: config, mountPath: /etc/autosignin/config, readOnly: true}
{{- range $name, $folder := dict "apple-keys" "apple" "kafka" "kafka" "fingerprint" "fingerprint" }}
{{- if get (include "autosignin.secretNames" $ | fromYaml) $name }}
- {name: {{ $name }}, mountPath: /etc/autosignin/secrets/{{ $folder }}, readOnly: true}
{{- end }}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "autosignin.secretNames" -}}
apple-keys: {{ .Values.secrets.appleKeys.existingSecret | quote }}
kafka: {{ .Values.secrets.kafka.existingSecret | quote }}
fingerprint: {{ .Values.secrets.fingerprint.existingSecret | quote }}
{{- end -}}

{{/* Whole folders, never subPath: what is mounted by subPath never changes again. */}}
{{- define "autosignin.volumes" -}}
- name: config
  configMap:
    name: {{ include "autosignin.fullname" . }}
{{- range $name, $secret := include "autosignin.secretNames" . | fromYaml }}
{{- if $secret }}
- name: {{ $name }}
  secret:
    secretName: {{ $secret }}
    defaultMode: 0440
{{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* One container of the program: (dict "root" $ "name" NAME "args" LIST "resources" MAP). */}}
{{- define "autosignin.container" -}}
name: {{ .name }}
image: {{ include "autosignin.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: {{ toJson .args }}
env:
  {{- include "autosignin.environment" .root | nindent 2 }}
{{- with .root.Values.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .root.Values.containerSecurityContext | nindent 2 }}
resources:
  {{- toYaml .resources | nindent 2 }}
volumeMounts:
  {{- include "autosignin.mounts" .root | nindent 2 }}
{{- end -}}

{{/* What every pod of the chart has in common. */}}
{{- define "autosignin.pod" -}}
serviceAccountName: {{ include "autosignin.serviceAccountName" . }}
automountServiceAccountToken: false
# A service named autosignin would bring AUTOSIGNIN_... variables, which the worker takes for keys of its configuration.
enableServiceLinks: false
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .Values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

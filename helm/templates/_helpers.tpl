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
{{- $repository := required "image.repository is missing: name the registry and repository that your image was pushed to" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* "1m" -> 60, rounded up: the notation of worker.yaml. */}}
{{- define "autosignin.seconds" -}}
{{- $number := regexFind "^[0-9]+" . | int64 -}}
{{- $unit := regexReplaceAll "^[0-9]+" . "" -}}
{{- if eq $unit "ms" -}}{{- div (add $number 999) 1000 -}}
{{- else -}}{{- mul $number (get (dict "s" 1 "m" 60 "h" 3600 "d" 86400) $unit | int64) -}}
{{- end -}}
{{- end -}}

{{- define "autosignin.graceSeconds" -}}
{{- add (include "autosignin.seconds" (default "20s" .Values.config.drain_timeout) | int64) (.Values.terminationGraceMarginSeconds | int64) -}}
{{- end -}}

{{/* What cannot work is said here, at once and with its remedy, instead of by pods that do not start. */}}
{{- define "autosignin.config" -}}
{{- $config := .Values.config -}}
{{- $_ := required "config.kafka.bootstrap_servers is missing: name the brokers, as in kafka-1:9093,kafka-2:9093" $config.kafka.bootstrap_servers -}}
{{- if not $config.kafka.topics -}}{{- fail "config.kafka.topics is empty: name the topics with account events" -}}{{- end -}}
{{- if not $config.apps -}}{{- fail "config.apps is empty: name at least one app with its bundle_id, issuer_id and keys" -}}{{- end -}}
{{- $instance := default "{hostname}" $config.kafka.group_instance_id -}}
{{- if not (contains "{hostname}" $instance) -}}
{{- fail "config.kafka.group_instance_id must contain {hostname}: replicas with one instance id fence each other" -}}
{{- end -}}
{{- if eq (int $config.admin.port) 0 -}}{{- fail "config.admin.port must not be 0: probes and Prometheus need to know it" -}}{{- end -}}
{{- if or (eq $config.admin.address "127.0.0.1") (eq $config.admin.address "::1") -}}
{{- fail "config.admin.address is a loopback address, which probes and Prometheus cannot reach: 0.0.0.0, or :: with IPv6" -}}
{{- end -}}
{{- $given := dict "podLabels" .Values.podLabels "serviceMonitor.labels" .Values.serviceMonitor.labels "podMonitor.labels" .Values.podMonitor.labels "prometheusRule.labels" .Values.prometheusRule.labels "dashboards.labels" .Values.dashboards.labels -}}
{{- range $where, $labels := merge (dict "commonLabels" .Values.commonLabels) $given -}}
{{- range $name := keys $labels | sortAlpha -}}
{{- if or (has $name (list "helm.sh/chart" "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/version" "app.kubernetes.io/managed-by")) (and (ne $where "commonLabels") (hasKey $.Values.commonLabels $name)) -}}
{{- fail (printf "%s has the label %s, which is set already: a key that occurs twice is no valid manifest; leave it out, or choose another name" $where $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $key := list "sasl.password" "ssl.key.password" "ssl.keystore.password" "ssl.key.pem" "sasl.oauthbearer.config" "sasl.oauthbearer.client.secret" -}}
{{- if hasKey (default dict $config.kafka.properties) $key -}}
{{- fail (printf "config.kafka.properties.%s is a secret and would lie in a ConfigMap: put it into the secret of secrets.kafka.existingSecret, and give %s.file with its path below /etc/autosignin/secrets/kafka" $key $key) -}}
{{- end -}}
{{- end -}}
{{- if contains "@" (default "" (default dict $config.apple).proxy) -}}
{{- fail "config.apple.proxy has a password in it, which would lie in a ConfigMap: http://host:port alone" -}}
{{- end -}}
{{- if .Values.keda.enabled -}}
{{- range $config.apps -}}
{{- if gt (float64 (default 0 .requests_per_second)) 0.0 -}}
{{- fail (printf "keda.enabled with a limit for the app %s: requests_per_second holds for each replica, so that scaling would break your quota, and where a quota is the limit more replicas do not help" .name) -}}
{{- end -}}
{{- end -}}
{{- range dig "sign_in_with_apple" "clients" list $config -}}
{{- if gt (float64 (default 0 .requests_per_second)) 0.0 -}}
{{- fail (printf "keda.enabled with a limit for the client %s of Sign in with Apple: requests_per_second holds for each replica, so that scaling would break your quota, and where a quota is the limit more replicas do not help" .client_id) -}}
{{- end -}}
{{- end -}}
{{- $protocol := get (default dict .Values.config.kafka.properties) "security.protocol" | upper -}}
{{- if and (hasPrefix "SASL" $protocol) (not .Values.keda.authenticationRef) -}}
{{- fail "keda.enabled with brokers that want a login: keda.authenticationRef must name a TriggerAuthentication, since KEDA asks the brokers by itself" -}}
{{- end -}}
{{- end -}}
{{- toYaml $config -}}
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

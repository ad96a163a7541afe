{{/*
What works but may not be meant, or not safely: NOTES.txt says it after an install. One line a warning, as in _problems.tpl.
*/}}
{{- define "autosignin.warnings" }}
{{- $config := .Values.config }}
{{- $properties := default dict $config.kafka.properties }}
{{- $replicas := int (ternary .Values.keda.minReplicaCount .Values.replicaCount .Values.keda.enabled) }}
{{- if eq $replicas 0 }}
replicaCount is 0: nobody is signed out, and nobody counts open dead letters
{{- end }}
{{- if eq .Values.image.tag "latest" }}
image.tag is latest: replicas may be of different versions, and a rollback changes nothing; name a version or a digest
{{- end }}
{{- if has (get $properties "security.protocol" | toString | upper) (list "" "PLAINTEXT" "SASL_PLAINTEXT") }}
config.kafka.properties has no TLS: token values travel in the clear between brokers and pods
{{- end }}
{{- if and (hasKey $config.kafka "group_instance_id") (not $config.kafka.group_instance_id) }}
config.kafka.group_instance_id is empty: every restart of a pod costs two rebalances
{{- end }}
{{- $session := default "45s" $config.kafka.session_timeout }}
{{- if and (gt $replicas 1) (lt (include "autosignin.seconds" $session | int64) 30) }}
config.kafka.session_timeout is {{ $session }}: a pod that is replaced takes longer than that to come back, so that each rollout costs two rebalances a pod; 30s or more
{{- end }}
{{- range include "autosignin.namedFiles" . | fromYamlArray }}
{{- if and .secret (not .mounted) }}
{{ .at }} names {{ .path }}, which the chart does not mount: something else has to bring it into the pods
{{- end }}
{{- end }}
{{- range .Values.extraVolumeMounts }}
{{- if .subPath }}
extraVolumeMounts mounts {{ .mountPath }} by subPath: it never changes again while the pod lives, so no key in it can be replaced in place
{{- end }}
{{- end }}
{{- if .Values.extraEnvFrom }}
extraEnvFrom is not seen by the chart: a variable AUTOSIGNIN_... in it overrides config without changing ports, probes, rules or limits
{{- end }}
{{- if not (default dict .Values.resources.limits).memory }}
resources.limits.memory is missing: nothing bounds a pod but its node
{{- end }}
{{- if (default dict .Values.resources.limits).cpu }}
resources.limits.cpu is set: throttling delays revocations
{{- end }}
{{- $pod := default dict .Values.podSecurityContext }}
{{- $container := default dict .Values.containerSecurityContext }}
{{- if or (not (or $pod.runAsNonRoot $container.runAsNonRoot)) (ne (toString $container.allowPrivilegeEscalation) "false") (not $container.readOnlyRootFilesystem) (not (has "ALL" (dig "capabilities" "drop" list $container))) }}
podSecurityContext and containerSecurityContext give the pods more than they need: the defaults meet the restricted standard
{{- end }}
{{- range $name, $seconds := dict "startup" 10 "liveness" 30 }}
{{- $probe := get $.Values.probes $name }}
{{- $bound := mul $probe.periodSeconds $probe.failureThreshold }}
{{- if lt $bound (int64 $seconds) }}
probes.{{ $name }} has a pod killed after {{ $bound }} s without an answer: a busy node is enough for that; {{ $seconds }} s or more
{{- end }}
{{- end }}
{{- $strategy := default dict .Values.updateStrategy }}
{{- if eq (toString $strategy.type) "OnDelete" }}
updateStrategy is OnDelete: a changed configuration or image reaches a pod only when somebody deletes it
{{- else if dig "rollingUpdate" "partition" 0 $strategy }}
updateStrategy.rollingUpdate.partition keeps the pods below it as they are: a changed configuration or image does not reach them
{{- end }}
{{- $budget := .Values.podDisruptionBudget }}
{{- if and $budget.enabled (gt $replicas 1) (or (eq (toString $budget.maxUnavailable) "100%") (and (not (kindIs "string" $budget.maxUnavailable)) (ge (int $budget.maxUnavailable) $replicas))) }}
podDisruptionBudget.maxUnavailable lets a drain of nodes take all {{ $replicas }} replicas at once
{{- end }}
{{- if .Values.prometheusRule.enabled }}
{{- range .Values.slo.objectives }}
{{- if ge (mulf 14.4 (subf 1 .ratio)) 1.0 }}
slo.objectives: {{ .ratio }} of {{ .type }} within {{ .seconds }} s leaves so much room that the alert on the fastest burn (14.4) can never fire
{{- end }}
{{- end }}
{{- end }}
{{- end }}

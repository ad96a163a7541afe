{{/* The label `job` that the release's series have: the service's name, or the PodMonitor's with its namespace. */}}
{{- define "autosignin.job" -}}
{{- if .Values.prometheusRule.job -}}
{{- .Values.prometheusRule.job -}}
{{- else if .Values.podMonitor.enabled -}}
{{- printf "%s/%s" .Release.Namespace (include "autosignin.fullname" .) -}}
{{- else if .Values.serviceMonitor.enabled -}}
{{- include "autosignin.fullname" . -}}
{{- end -}}
{{- end -}}

{{/*
An expression that asks for this release alone, or else two releases under one Prometheus would speak for each other:
(dict "root" $ "expr" TEXT). Every series of helm/rules has one of these names.
*/}}
{{- define "autosignin.scoped" -}}
{{- $scope := printf "{namespace=%q,job=%q" .root.Release.Namespace (include "autosignin.job" .root) -}}
{{- $marked := regexReplaceAll "[a-z_:]*autosignin_[a-z0-9_:]+|process_start_time_seconds|\\bup\\b" .expr "${0}{@}" -}}
{{- $marked | replace "{@}{" (printf "%s," $scope) | replace "{@}" (printf "%s}" $scope) -}}
{{- end -}}

{{/* The worker's own defaults of events.time_to_execute. */}}
{{- define "autosignin.patience" -}}
{password_changed: 60s, sign_in_flagged: 60s, opted_out: 15m, deleted: 15m, session_ended: 15m, session_check: 1h, notification: 15m}
{{- end -}}

{{/*
The objectives as series: an error budget for each type and bucket. A bucket has two spellings, since Prometheus 3
writes le="60.0" where Prometheus 2 keeps le="60".
*/}}
{{- define "autosignin.objectives" -}}
{{- $release := printf "namespace: %s, job: %q" .Release.Namespace (include "autosignin.job" .) -}}
- name: autosignin-objectives
  interval: 30s
  rules:
    - record: global:autosignin_slo_late_events:minimum
      expr: vector({{ int .Values.slo.minimumSlowEvents }})
      labels: { {{- $release -}} }
    {{- $longest := 0 }}
    {{- range .Values.slo.objectives }}{{ $longest = max $longest (int64 .seconds) }}{{ end }}
    - record: global:autosignin_slo_seconds:max
      expr: vector({{ $longest }})
      labels: { {{- $release -}} }
    {{- range .Values.slo.objectives }}
    {{- $objective := . }}
    {{- range list (toString .seconds) (printf "%v.0" .seconds) }}
    - record: type_le:autosignin_slo_error_budget:ratio
      expr: vector(1 - {{ $objective.ratio }})
      labels: {type: {{ $objective.type }}, le: {{ . | quote }}, {{ $release }}}
    {{- end }}
    {{- end }}
{{- end -}}

{{/* All groups: the objectives of the values, and helm/rules for this release, with the changes that the values want. */}}
{{- define "autosignin.groups" -}}
{{ include "autosignin.objectives" . }}
{{- $watch := dig "dead_letters" "watch" true .Values.config }}
{{- range $path := list "rules/slo.yaml" "rules/symptoms.yaml" }}
{{- range (($.Files.Get $path) | fromYaml).groups }}
{{- $rules := list }}
{{- range $rule := .rules }}
{{- $_ := set $rule "expr" (include "autosignin.scoped" (dict "root" $ "expr" $rule.expr)) }}
{{- if $rule.alert }}
{{- $change := default dict (get (default dict $.Values.prometheusRule.alerts) $rule.alert) }}
{{- $unwatched := and (not $watch) (eq $rule.alert "AutosigninDeadLettersUnwatched") }}
{{- if and (ne (toString $change.enabled) "false") (not $unwatched) }}
{{- range $field := list "for" "expr" }}{{- with get $change $field }}{{- $_ := set $rule $field . }}{{- end }}{{- end }}
{{- with $change.severity }}{{- $_ := set $rule.labels "severity" . }}{{- end }}
{{- $_ := set $rule "labels" (merge (dict) $rule.labels (default dict $.Values.prometheusRule.alertLabels)) }}
{{- with $.Values.prometheusRule.runbookUrl }}
{{- $_ := set $rule.annotations "runbook_url" ($rule.annotations.runbook | replace "runbooks/" (printf "%s/" (trimSuffix "/" .))) }}
{{- $_ := unset $rule.annotations "runbook" }}
{{- end }}
{{- $rules = append $rules $rule }}
{{- end }}
{{- else }}
{{- $rules = append $rules $rule }}
{{- end }}
{{- end }}
{{- $_ := set . "rules" $rules }}
{{ toYaml (list .) }}
{{- end }}
{{- end }}
{{- end -}}

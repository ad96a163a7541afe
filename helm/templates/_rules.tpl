{{/*
The objectives as series: an error budget for each type and bucket. A bucket has two spellings, since Prometheus 3
writes le="60.0" where Prometheus 2 keeps le="60".
*/}}
{{- define "autosignin.objectives" -}}
- name: autosignin-objectives
  interval: 30s
  rules:
    - record: global:autosignin_slo_late_events:minimum
      expr: vector({{ int .Values.slo.minimumSlowEvents }})
    {{- range .Values.slo.objectives }}
    {{- $objective := . }}
    {{- range list (toString .seconds) (printf "%v.0" .seconds) }}
    - record: type_le:autosignin_slo_error_budget:ratio
      expr: vector(1 - {{ $objective.ratio }})
      labels: {type: {{ $objective.type }}, le: {{ . | quote }}}
    {{- end }}
    {{- end }}
{{- end -}}

{{/* All groups: the objectives of the values, and helm/rules with the changes that the values want. */}}
{{- define "autosignin.groups" -}}
{{ include "autosignin.objectives" . }}
{{- $watch := dig "dead_letters" "watch" true .Values.config }}
{{- range $path := list "rules/slo.yaml" "rules/symptoms.yaml" }}
{{- range (($.Files.Get $path) | fromYaml).groups }}
{{- $rules := list }}
{{- range $rule := .rules }}
{{- if $rule.alert }}
{{- $change := default dict (get $.Values.prometheusRule.alerts $rule.alert) }}
{{- $unwatched := and (not $watch) (eq $rule.alert "AutosigninDeadLettersUnwatched") }}
{{- if and (ne (toString $change.enabled) "false") (not $unwatched) }}
{{- range $field := list "for" "expr" }}{{- with get $change $field }}{{- $_ := set $rule $field . }}{{- end }}{{- end }}
{{- with $change.severity }}{{- $_ := set $rule.labels "severity" . }}{{- end }}
{{- $_ := set $rule "labels" (merge (dict) $rule.labels $.Values.prometheusRule.alertLabels) }}
{{- $_ := set $rule.annotations "runbook_url" (printf "%s/%s.md" (trimSuffix "/" $.Values.prometheusRule.runbookUrl) $rule.alert) }}
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

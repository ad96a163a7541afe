{{/*
What cannot work, one line a problem: place, what is wrong, why, remedy. What a schema can say is in values.schema.json.
templates/validate.yaml collects the lines. A line's text is plain text of the template, so that it can be found by grep.
*/}}
{{- define "autosignin.problems.required" }}
{{- $config := .Values.config }}
{{- if not .Values.image.repository }}
image.repository is missing: name the registry and repository that your image was pushed to
{{- end }}
{{- if not $config.kafka.bootstrap_servers }}
config.kafka.bootstrap_servers is missing: name the brokers, as in kafka-1:9093,kafka-2:9093
{{- end }}
{{- if not $config.kafka.topics }}
config.kafka.topics is empty: name the topics with account events
{{- end }}
{{- if not $config.apps }}
config.apps is empty: name at least one app with its bundle_id, issuer_id and keys
{{- end }}
{{- range $at, $app := $config.apps }}
{{- if not .keys }}
config.apps[{{ $at }}].keys is empty: nothing can be signed for {{ .name }}; name at least one key, with its id and file
{{- end }}
{{- end }}
{{- range $at, $client := dig "sign_in_with_apple" "clients" list $config }}
{{- if not .keys }}
config.sign_in_with_apple.clients[{{ $at }}].keys is empty: nothing can be signed for {{ .client_id }}; name at least one key, with its id and file
{{- end }}
{{- end }}
{{- end }}

{{- define "autosignin.problems.names" }}
{{- $name := include "autosignin.fullname" . }}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name) }}
the release {{ .Release.Name }} gives the name {{ $name }}, which a Service must not have: a lower-case letter, then lower-case letters, digits and '-'; choose another name for the release, or set fullnameOverride
{{- end }}
{{- $given := dict "podLabels" .Values.podLabels "serviceMonitor.labels" .Values.serviceMonitor.labels "podMonitor.labels" .Values.podMonitor.labels "prometheusRule.labels" .Values.prometheusRule.labels "dashboards.labels" .Values.dashboards.labels }}
{{- range $where, $labels := merge (dict "commonLabels" .Values.commonLabels) $given }}
{{- range $label := keys (default dict $labels) | sortAlpha }}
{{- if or (has $label (list "helm.sh/chart" "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/version" "app.kubernetes.io/managed-by")) (and (ne $where "commonLabels") (hasKey (default dict $.Values.commonLabels) $label)) }}
{{ $where }} has the label {{ $label }}, which is set already: a key that occurs twice is no valid manifest; leave it out, or choose another name
{{- end }}
{{- end }}
{{- end }}
{{- range $annotation := list "checksum/config" "kubectl.kubernetes.io/default-container" }}
{{- if hasKey (default dict $.Values.podAnnotations) $annotation }}
podAnnotations has the annotation {{ $annotation }}, which is set already: a key that occurs twice is no valid manifest; leave it out
{{- end }}
{{- end }}
{{- end }}

{{- define "autosignin.problems.config" }}
{{- $config := .Values.config }}
{{- if not (contains "{hostname}" (default "{hostname}" $config.kafka.group_instance_id)) }}
config.kafka.group_instance_id must contain {hostname}: replicas with one instance id fence each other
{{- end }}
{{- if eq (int $config.admin.port) 0 }}
config.admin.port must not be 0: probes and Prometheus need to know it; leave it at 9464
{{- else if lt (int $config.admin.port) 1024 }}
config.admin.port is {{ $config.admin.port }}: ports below 1024 need a privilege that the pods do not have; 1024 or more
{{- end }}
{{- if not (has $config.admin.address (list "0.0.0.0" "::")) }}
config.admin.address is {{ $config.admin.address }}, which is a loopback address or one that not every pod has, so that probes and Prometheus get no answer: 0.0.0.0, or :: with IPv6
{{- end }}
{{- if not .Values.extraContainers }}
{{- range splitList "," (toString $config.kafka.bootstrap_servers) }}
{{- if regexMatch "^(localhost|127\\.[0-9.]+|\\[::1\\])(:|$)" (trim .) }}
config.kafka.bootstrap_servers names {{ trim . }}, which is the pod itself, where no broker is: the brokers' addresses as pods reach them
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.prometheusRule.enabled }}
{{- $seen := dict }}
{{- $own := merge (dict) (dig "events" "time_to_execute" dict $config) (include "autosignin.patience" . | fromYaml) }}
{{- range .Values.slo.objectives }}
{{- $key := index (splitList "." .type) 1 | replace "-" "_" }}
{{- $budget := printf "%s within %v s" .type .seconds }}
{{- if gt (include "autosignin.seconds" (get $own $key) | int64) (.seconds | int64) }}
slo.objectives promises {{ $budget }}, but config.events.time_to_execute.{{ $key }} lets the worker take {{ get $own $key }}, and others go first meanwhile: make that {{ .seconds }} s or less, or change the objective
{{- end }}
{{- if hasKey $seen $budget }}
slo.objectives has {{ $budget }} twice, so that one series would have two values: keep one of them
{{- end }}
{{- $_ := set $seen $budget true }}
{{- end }}
{{- end }}
{{- end }}

{{/* Where something is mounted by the chart or by extraVolumeMounts, each with a slash at its end. */}}
{{- define "autosignin.mountedFolders" -}}
{{- $folders := list -}}
{{- range include "autosignin.mounts" . | fromYamlArray -}}
{{- $folders = append $folders (printf "%s/" (trimSuffix "/" .mountPath)) -}}
{{- end -}}
{{- toYaml $folders -}}
{{- end -}}

{{/* The files that the configuration names: where it does so, whether it is a secret, whether something is mounted there. */}}
{{- define "autosignin.namedFiles" -}}
{{- $config := .Values.config -}}
{{- $files := list -}}
{{- range $at, $app := $config.apps -}}
{{- range $k, $key := .keys -}}
{{- $files = append $files (dict "at" (printf "config.apps[%d].keys[%d].file" $at $k) "path" .file "secret" true) -}}
{{- end -}}
{{- end -}}
{{- range $at, $client := dig "sign_in_with_apple" "clients" list $config -}}
{{- range $k, $key := .keys -}}
{{- $files = append $files (dict "at" (printf "config.sign_in_with_apple.clients[%d].keys[%d].file" $at $k) "path" .file "secret" true) -}}
{{- end -}}
{{- end -}}
{{- with dig "receipts" "fingerprint_key_file" "" $config -}}
{{- $files = append $files (dict "at" "config.receipts.fingerprint_key_file" "path" . "secret" true) -}}
{{- end -}}
{{- with dig "apple" "ca_file" "" $config -}}
{{- $files = append $files (dict "at" "config.apple.ca_file" "path" . "secret" false) -}}
{{- end -}}
{{- range $name, $value := default dict $config.kafka.properties -}}
{{- $certificate := and (has $name (list "ssl.ca.location" "ssl.certificate.location" "ssl.key.location" "ssl.keystore.location" "ssl.crl.location")) (ne (toString $value) "probe") -}}
{{- if or $certificate (hasSuffix ".file" $name) -}}
{{- $files = append $files (dict "at" (printf "config.kafka.properties.%s" $name) "path" (toString $value) "secret" (hasSuffix ".file" $name)) -}}
{{- end -}}
{{- end -}}
{{- $mounted := include "autosignin.mountedFolders" . | fromYamlArray -}}
{{- range $file := $files -}}
{{- $_ := set $file "mounted" false -}}
{{- range $mounted -}}{{- if hasPrefix . $file.path -}}{{- $_ := set $file "mounted" true -}}{{- end -}}{{- end -}}
{{- end -}}
{{- toYaml $files -}}
{{- end -}}

{{- define "autosignin.problems.files" }}
{{- range include "autosignin.namedFiles" . | fromYamlArray }}
{{- $path := .path }}
{{- if not (hasPrefix "/" $path) }}
{{ .at }} is the relative path {{ quote $path }}, and beside worker.yaml lies nothing: an absolute path below /etc/autosignin/secrets, where the secrets are mounted
{{- else if and (hasPrefix "/etc/autosignin/" $path) (not .mounted) }}
{{- $folder := regexFind "^/etc/autosignin/secrets/[^/]+/" $path | base }}
{{ .at }} names {{ $path }}, where nothing is mounted: {{ with get (dict "apple" "appleKeys" "kafka" "kafka" "fingerprint" "fingerprint") $folder }}set secrets.{{ . }}.existingSecret to the secret that holds {{ base $path }}{{ else }}secrets.appleKeys is mounted at /etc/autosignin/secrets/apple, secrets.kafka at .../kafka, secrets.fingerprint at .../fingerprint{{ end }}, or mount it by extraVolumes and extraVolumeMounts
{{- end }}
{{- end }}
{{- if and .Values.secrets.fingerprint.existingSecret (dig "receipts" "enabled" true .Values.config) (not (dig "receipts" "fingerprint_key_file" "" .Values.config)) }}
secrets.fingerprint.existingSecret is mounted and not used, so that fingerprints would compare only within one run: set config.receipts.fingerprint_key_file to a file below /etc/autosignin/secrets/fingerprint
{{- end }}
{{- end }}

{{- define "autosignin.problems.secrets" }}
{{- $properties := default dict .Values.config.kafka.properties }}
{{- range $key := list "sasl.password" "ssl.key.password" "ssl.keystore.password" "ssl.key.pem" "sasl.oauthbearer.config" "sasl.oauthbearer.client.secret" }}
{{- if hasKey $properties $key }}
config.kafka.properties.{{ $key }} is a secret and would lie in a ConfigMap: put it into the secret of secrets.kafka.existingSecret, and give {{ $key }}.file with its path below /etc/autosignin/secrets/kafka
{{- end }}
{{- end }}
{{- if contains "@" (dig "apple" "proxy" "" .Values.config) }}
config.apple.proxy has a password in it, which would lie in a ConfigMap: http://host:port alone
{{- end }}
{{- $mechanism := include "autosignin.saslMechanism" . }}
{{- if has $mechanism (list "PLAIN" "SCRAM-SHA-256" "SCRAM-SHA-512") }}
{{- range $key := list "sasl.username" "sasl.password.file" }}
{{- if not (get $properties $key) }}
config.kafka.properties.{{ $key }} is missing: {{ $mechanism }} logs in with a name and a password, sasl.username and sasl.password.file
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "autosignin.problems.environment" }}
{{- range $at, $variable := .Values.extraEnv }}
{{- $name := toString .name }}
{{- /* The worker takes names in any case after its prefix. */}}
{{- if and (hasPrefix "AUTOSIGNIN_" $name) (regexMatch "^(CONFIG|KAFKA__(BOOTSTRAP_SERVERS|GROUP_ID|GROUP_INSTANCE_ID|TOPICS|PROPERTIES)|DEAD_LETTERS__WATCH|RECEIPTS__(ENABLED|FINGERPRINT_KEY_FILE)|APPLE__(PROXY|CA_FILE|ENDPOINTS)|APPS|SIGN_IN_WITH_APPLE__(ENDPOINT|CLIENTS)|EVENTS__TIME_TO_EXECUTE|LIMITS__(BYTES|RECORDS)_BUFFERED_MAX|DRAIN_TIMEOUT|ADMIN)(__.*)?$" (trimPrefix "AUTOSIGNIN_" $name | upper)) }}
extraEnv[{{ $at }}] is {{ $name }}, which would change what the chart has made from config behind its back (ports, probes, mounts, rules, limits, scaling): set the key in config
{{- end }}
{{- end }}
{{- end }}

{{- define "autosignin.problems.pods" }}
{{- $names := list }}
{{- range include "autosignin.volumes" . | fromYamlArray }}
{{- if has .name $names }}
extraVolumes has a second volume {{ .name }}: choose another name
{{- end }}
{{- $names = append $names .name }}
{{- end }}
{{- $folders := list }}
{{- range include "autosignin.mounts" . | fromYamlArray }}
{{- if not (has .name $names) }}
extraVolumeMounts mounts the volume {{ .name }}, which does not exist: add it to extraVolumes
{{- end }}
{{- $folder := trimSuffix "/" .mountPath }}
{{- if has $folder $folders }}
extraVolumeMounts mounts {{ .name }} at {{ $folder }}, where something is mounted already: choose another folder
{{- end }}
{{- $folders = append $folders $folder }}
{{- end }}
{{- $containers := list "worker" }}
{{- if .Values.checkConfig.enabled }}{{- $containers = append $containers "check-config" }}{{- end }}
{{- range concat (default list .Values.extraInitContainers) (default list .Values.extraContainers) }}
{{- if has .name $containers }}
extraInitContainers and extraContainers have a second container {{ .name }}: choose another name
{{- end }}
{{- $containers = append $containers .name }}
{{- end }}
{{- range $at, $spread := .Values.topologySpreadConstraints }}
{{- if not .labelSelector }}
topologySpreadConstraints[{{ $at }}] has no labelSelector, so that it counts no pods and spreads nothing: give matchLabels with app.kubernetes.io/instance: {{ $.Release.Name }}
{{- end }}
{{- end }}
{{- $pod := default dict .Values.podSecurityContext }}
{{- $container := default dict .Values.containerSecurityContext }}
{{- $user := hasKey $container "runAsUser" | ternary $container.runAsUser $pod.runAsUser }}
{{- if and (or $pod.runAsNonRoot $container.runAsNonRoot) (not (kindIs "invalid" $user)) (eq (int64 $user) 0) }}
podSecurityContext: runAsUser 0 is root, which runAsNonRoot forbids: another user, as 65532 of the image
{{- end }}
{{- if and $container.privileged (eq (toString $container.allowPrivilegeEscalation) "false") }}
containerSecurityContext: privileged needs what allowPrivilegeEscalation: false forbids; the worker needs no privilege: leave it out
{{- end }}
{{- $secrets := include "autosignin.secretNames" . | fromYaml | values | compact }}
{{- if and $secrets $user (kindIs "invalid" $pod.fsGroup) (ne (toString (default $pod.runAsGroup $container.runAsGroup)) "0") }}
podSecurityContext.fsGroup is missing: secrets are mounted for root and that group alone, and the user {{ int64 $user }} could not read them; set it (65532), or leave out runAsUser as well where the platform chooses both
{{- end }}
{{- end }}

{{/*
What the worker can hold at once, in bytes; no event has less than 256, so bytes bound records too. Measured with the default
limits and Apple away: 112 MiB with the buffer full of records of 200 kB, 67 MiB with 12,000 small ones. Of the 148 that
this says, 48 leave room for 10,000 requests in flight (tests/bench/README.md, memory.10000_in_flight).
*/}}
{{- define "autosignin.memoryNeeded" -}}
{{- $limits := default dict .Values.config.limits -}}
{{- $properties := default dict .Values.config.kafka.properties -}}
{{- $buffered := include "autosignin.quantity" (default "64MiB" $limits.bytes_buffered_max) | float64 -}}
{{- $records := minf (divf $buffered 256) (default 12000 $limits.records_buffered_max | float64) -}}
{{- $fetched := addf (mulf 1024 (default 16384 (get $properties "queued.max.messages.kbytes") | float64)) (default 8388608 (get $properties "fetch.max.bytes") | float64) -}}
{{- printf "%.0f" (addf $buffered (mulf 1024 $records) $fetched (mulf 48 1048576)) -}}
{{- end -}}

{{- define "autosignin.problems.memory" }}
{{- range $where, $resources := dict "resources" .Values.resources "deadLettersReport.resources" .Values.deadLettersReport.resources }}
{{- $limits := default dict $resources.limits }}
{{- range $name, $amount := default dict $resources.requests }}
{{- $limit := get $limits $name }}
{{- if and (hasKey $limits $name) (gt (include "autosignin.quantity" $amount | float64) (include "autosignin.quantity" $limit | float64)) }}
{{ $where }}.requests.{{ $name }} ({{ $amount }}) is above {{ $where }}.limits.{{ $name }} ({{ $limit }}), which no API server takes: a request of at most the limit
{{- end }}
{{- end }}
{{- end }}
{{- $needed := include "autosignin.memoryNeeded" . | float64 }}
{{- with (default dict .Values.resources.limits).memory }}
{{- if lt (include "autosignin.quantity" . | float64) $needed }}
resources.limits.memory ({{ . }}) is below the {{ ceil (divf $needed 1048576) }}Mi that the worker may hold (config.limits.bytes_buffered_max, 1 KiB a record of config.limits.records_buffered_max, what librdkafka fetches ahead, and 48Mi), so that a backlog would have it killed: a higher limit, or less in config.limits
{{- end }}
{{- end }}
{{- with (default dict .Values.deadLettersReport.resources.limits).memory }}
{{- if lt (include "autosignin.quantity" . | float64) (mulf 64 1048576) }}
deadLettersReport.resources.limits.memory ({{ . }}) is below the 64Mi that dead-letters list and doctor may hold: a higher limit
{{- end }}
{{- end }}
{{- end }}

{{- define "autosignin.problems.network" }}
{{- $policy := .Values.networkPolicy }}
{{- if and $policy.ciliumFqdn (not $policy.enabled) }}
networkPolicy.ciliumFqdn without networkPolicy.enabled creates nothing: enable both
{{- end }}
{{- if $policy.ciliumFqdn }}
{{- range include "autosignin.appleUrls" . | fromYamlArray }}
{{- $host := (urlParse .).host }}
{{- if regexMatch "^(\\[.*\\]|[0-9.]+)(:[0-9]+)?$" $host }}
networkPolicy.ciliumFqdn allows names, and config has the address {{ $host }} on the way to Apple: a name there, or networkPolicy.appleTo with the address instead of ciliumFqdn
{{- else if regexMatch "(\\.svc(\\.cluster\\.local)?|^[^.]+)(:[0-9]+)?$" $host }}
networkPolicy.ciliumFqdn matches names outside the cluster, and config has the service {{ $host }} on the way to Apple: networkPolicy.appleTo with its pods instead of ciliumFqdn
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "autosignin.problems.prometheus" }}
{{- $rule := .Values.prometheusRule }}
{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled }}
serviceMonitor and podMonitor would both scrape every pod, and everything would count twice: enable one
{{- end }}
{{- range $name, $monitor := dict "serviceMonitor" .Values.serviceMonitor "podMonitor" .Values.podMonitor }}
{{- if gt (include "autosignin.milliseconds" $monitor.scrapeTimeout | int64) (include "autosignin.milliseconds" $monitor.interval | int64) }}
{{ $name }}.scrapeTimeout ({{ $monitor.scrapeTimeout }}) is longer than {{ $name }}.interval ({{ $monitor.interval }}), which prometheus-operator refuses: a timeout of at most the interval
{{- end }}
{{- if and $rule.enabled $monitor.enabled }}
{{- if gt (include "autosignin.seconds" $monitor.interval | int64) 120 }}
{{ $name }}.interval ({{ $monitor.interval }}) is too long for the rules of prometheusRule, which look at 5 minutes and need two scrapes in them: 2m or less
{{- end }}
{{- range $kind := list "relabelings" "metricRelabelings" }}
{{- range default list (get $monitor $kind) }}
{{- if or (eq (toString .targetLabel) "namespace") (and (eq (toString .targetLabel) "job") (not $rule.job)) }}
{{ $name }}.{{ $kind }} writes the label {{ .targetLabel }}, by which the rules of prometheusRule know the release's series, so that no alert would ever fire: leave it as it is{{ if eq .targetLabel "job" }}, or name the new value in prometheusRule.job{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if and $rule.enabled (not (include "autosignin.job" .)) }}
prometheusRule.enabled without a monitor: rules ask for the series of this release alone, so name the job label of your own scraping in prometheusRule.job, or enable serviceMonitor or podMonitor
{{- end }}
{{- range $label := list "severity" "window" "type" "le" }}
{{- if hasKey (default dict $rule.alertLabels) $label }}
prometheusRule.alertLabels has the label {{ $label }}, which the alerts have themselves: choose another name{{ if eq $label "severity" }}, or set prometheusRule.alerts.ALERT.severity{{ end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "autosignin.problems.keda" }}
{{- if .Values.keda.enabled }}
{{- if gt (int .Values.keda.minReplicaCount) (int .Values.keda.maxReplicaCount) }}
keda.minReplicaCount ({{ .Values.keda.minReplicaCount }}) is above keda.maxReplicaCount ({{ .Values.keda.maxReplicaCount }}), which KEDA refuses: a minimum of at most the maximum
{{- end }}
{{- range .Values.config.apps }}
{{- if gt (float64 (default 0 .requests_per_second)) 0.0 }}
keda.enabled with a limit for the app {{ .name }}: requests_per_second holds for each replica, so that scaling would break your quota, and where a quota is the limit more replicas do not help; leave out one of the two
{{- end }}
{{- end }}
{{- range dig "sign_in_with_apple" "clients" list .Values.config }}
{{- if gt (float64 (default 0 .requests_per_second)) 0.0 }}
keda.enabled with a limit for the client {{ .client_id }} of Sign in with Apple: requests_per_second holds for each replica, so that scaling would break your quota, and where a quota is the limit more replicas do not help; leave out one of the two
{{- end }}
{{- end }}
{{- $mechanism := include "autosignin.saslMechanism" . }}
{{- if and $mechanism (not .Values.keda.authenticationRef) }}
keda.enabled with brokers that want a login: keda.authenticationRef must name a TriggerAuthentication, since KEDA asks the brokers by itself
{{- end }}
{{- if not (has $mechanism (list "" "PLAIN" "SCRAM-SHA-256" "SCRAM-SHA-512")) }}
keda.enabled with sasl.mechanism {{ $mechanism }}, of which the chart's trigger knows nothing, so that KEDA could not log in: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, or a ScaledObject of your own in extraObjects
{{- end }}
{{- end }}
{{- end }}

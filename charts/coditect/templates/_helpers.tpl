{{- /* Labels that Helm and people look for, on every object; selectors use only the name and the component, which never change. */}}
{{- define "coditect.labels" -}}
app.kubernetes.io/name: "coditect"
app.kubernetes.io/part-of: "coditect"
helm.sh/chart: "{{ .Chart.Name }}-{{ .Chart.Version }}"
app.kubernetes.io/instance: "{{ .Release.Name }}"
app.kubernetes.io/version: "{{ .Chart.AppVersion }}"
app.kubernetes.io/managed-by: "{{ .Release.Service }}"
{{- end }}

{{- /* Image by digest, else by tag, else by the version of the app. */}}
{{- define "coditect.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .appVersion }}
{{- end -}}
{{- end }}

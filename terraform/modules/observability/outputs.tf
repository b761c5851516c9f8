output "topic_arn" {
  description = "Topic of alarms."
  value       = aws_sns_topic.alarms.arn
}

output "alarms" {
  description = "Function -> alarms that a deployment must roll back on."
  value = {
    for key, function in var.functions : key => [
      aws_cloudwatch_metric_alarm.errors[key].alarm_name,
      aws_cloudwatch_metric_alarm.simple["${function.name}-throttles"].alarm_name,
    ]
  }
}

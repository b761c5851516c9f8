output "host" {
  description = "Where the functions connect to: the proxy if there is one."
  value       = var.proxy ? aws_db_proxy.this[0].endpoint : local.host
}

output "secret_arn" {
  description = "ARN of the secret with `username` and `password`, kept and rotated by RDS."
  value       = local.secret_arn
}

output "metric_dimension" {
  description = "What CloudWatch knows the server by."
  value       = local.aurora ? { DBClusterIdentifier = var.name } : { DBInstanceIdentifier = var.name }
}

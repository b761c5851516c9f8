output "functions" {
  description = "Function of functions.yaml -> its name, its alias, the version published last."
  value = {
    for key, function in aws_lambda_function.this : key => {
      name        = function.function_name
      arn         = function.arn
      alias       = aws_lambda_alias.live[key].name
      alias_arn   = aws_lambda_alias.live[key].arn
      invoke_arn  = aws_lambda_alias.live[key].invoke_arn
      version     = function.version
      role        = aws_iam_role.this[key].name
      memory      = function.memory_size
      timeout     = function.timeout
      environment = sort(keys(local.environment[key]))
    }
  }
}

output "urls" {
  description = "Function -> its URL; callers sign with IAM."
  value       = { for key, url in aws_lambda_function_url.this : key => url.function_url }
}

output "failures_queue" {
  description = "Queue of failed events."
  value       = { name = aws_sqs_queue.failures.name, arn = aws_sqs_queue.failures.arn }
}

# No value of a secret, no password: `terraform output` may be read by whoever reads the pipeline's log.

output "rest_url" {
  description = "What comes before /api."
  value       = module.api_rest.url
}

output "websocket_url" {
  description = "Where clients connect."
  value       = module.api_websocket.url
}

output "web_origin" {
  description = "Origin of the web app."
  value       = module.web.origin
}

output "web_bucket" {
  description = "Where the built web app is copied to."
  value       = module.web.bucket
}

output "web_distribution_id" {
  description = "For invalidations."
  value       = module.web.distribution_id
}

output "user_pool_id" {
  description = "Id of the user pool."
  value       = module.auth.pool_id
}

output "user_pool_client_id" {
  description = "Id of the app client."
  value       = module.auth.client_id
}

output "functions" {
  description = "Function of functions.yaml -> its name, alias, and the version published last, which the deployment makes live."
  value       = { for key, function in module.functions.functions : key => { name = function.name, alias = function.alias, version = function.version } }
}

output "function_urls" {
  description = "Function -> its URL; callers sign with IAM."
  value       = module.functions.urls
}

output "rollback_alarms" {
  description = "Function -> alarms that send a deployment back."
  value       = module.observability.alarms
}

output "secret_names" {
  description = "Secrets to be filled by hand: key -> ARN."
  value       = module.secrets.arns
}

output "policy_bucket" {
  description = "Bucket of policies."
  value       = module.storage.policy_bucket.name
}

output "bucket" {
  description = "Where the built app is copied to."
  value       = module.bucket.name
}

output "distribution_id" {
  description = "For invalidations."
  value       = aws_cloudfront_distribution.this.id
}

output "origin" {
  description = "Origin of the web app."
  value       = "https://${coalesce(var.domain, aws_cloudfront_distribution.this.domain_name)}"
}

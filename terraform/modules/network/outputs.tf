output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "egress_subnet_ids" {
  description = "Subnets with a way out."
  value       = [for subnet in aws_subnet.egress : subnet.id]
}

output "isolated_subnet_ids" {
  description = "Subnets without."
  value       = [for subnet in aws_subnet.isolated : subnet.id]
}

output "functions_security_group_id" {
  description = "Group of the functions."
  value       = aws_security_group.functions.id
}

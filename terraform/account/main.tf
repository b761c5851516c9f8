# What an AWS account has once, before any environment: where states lie, what is deployed, who may deploy.

data "aws_caller_identity" "this" {}

locals {
  account = data.aws_caller_identity.this.account_id
  # Packages of functions.yaml that are images.
  packages = toset([for function in yamldecode(file("${path.module}/../../functions.yaml")).functions : function.package if function.package != "zip"])
}

module "state" {
  source = "../modules/bucket"

  name                   = "finkurn-terraform-state${var.bucket_suffix}"
  keep_old_versions_days = 365
}

module "zips" {
  source = "../modules/bucket"

  name                   = "finkurn-lambda-deployment${var.bucket_suffix}"
  keep_old_versions_days = 90
}

resource "aws_ecr_repository" "this" {
  # checkov:skip=CKV_AWS_136: AES-256 by ECR's own key; images hold no secret
  for_each = local.packages

  name                 = "finq-${each.key}"
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }
}

# A rollback goes back a few deployments, not a hundred.
resource "aws_ecr_lifecycle_policy" "this" {
  for_each = aws_ecr_repository.this

  repository = each.value.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the last 30"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 30 }
      action       = { type = "expire" }
    }]
  })
}

# API Gateway writes access logs with one role for a whole region.
resource "aws_iam_role" "api_gateway_logs" {
  name = "finkurn-api-gateway-logs"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "apigateway.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "api_gateway_logs" {
  role       = aws_iam_role.api_gateway_logs.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

resource "aws_api_gateway_account" "this" {
  cloudwatch_role_arn = aws_iam_role.api_gateway_logs.arn

  depends_on = [aws_iam_role_policy_attachment.api_gateway_logs]
}

resource "aws_budgets_budget" "monthly" {
  name         = "finkurn-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  dynamic "notification" {
    for_each = length(var.budget_emails) == 0 ? {} : { ACTUAL = 80, FORECASTED = 100 }
    content {
      notification_type          = notification.key
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = var.budget_emails
    }
  }
}

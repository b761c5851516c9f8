# Switchable: about 8 USD a month and 0.60 USD a million requests.

resource "aws_wafv2_web_acl" "this" {
  # checkov:skip=CKV2_AWS_31: counts are CloudWatch metrics; full logs would hold tokens
  count = var.waf ? 1 : 0

  name        = var.name
  description = "Floods from one address, and what is known to be bad"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  rule {
    name     = "flood"
    priority = 0

    action {
      block {}
    }
    statement {
      rate_based_statement {
        limit              = 3000 # in 5 minutes; carriers put many phones behind one address
        aggregate_key_type = "IP"
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${var.name}-flood"
      sampled_requests_enabled   = false
    }
  }

  dynamic "rule" {
    for_each = ["AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet"]
    content {
      name     = rule.value
      priority = 1 + rule.key

      override_action {
        none {}
      }
      statement {
        managed_rule_group_statement {
          name        = rule.value
          vendor_name = "AWS"
        }
      }
      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = "${var.name}-${rule.value}"
        sampled_requests_enabled   = false
      }
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = var.name
    sampled_requests_enabled   = false
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  count = var.waf ? 1 : 0

  resource_arn = aws_api_gateway_stage.live.arn
  web_acl_arn  = aws_wafv2_web_acl.this[0].arn
}

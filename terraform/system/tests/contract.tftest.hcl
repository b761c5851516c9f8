# What would be made equals functions.yaml and api/openapi.yaml. No AWS, no emulator: the provider is a mock.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { name = "ap-northeast-2" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:ap-northeast-2:123456789012:mock" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:ap-northeast-2:123456789012:mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:ap-northeast-2:123456789012:log-group:mock" }
  }
  mock_resource "aws_lambda_alias" {
    defaults = {
      arn        = "arn:aws:lambda:ap-northeast-2:123456789012:function:mock:live"
      invoke_arn = "arn:aws:apigateway:ap-northeast-2:lambda:path/2015-03-31/functions/arn:aws:lambda:ap-northeast-2:123456789012:function:mock:live/invocations"
    }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:ap-northeast-2:123456789012:function:mock", version = "1" }
  }
  mock_resource "aws_db_instance" {
    defaults = {
      address            = "mock.ap-northeast-2.rds.amazonaws.com"
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:rds!db-mock", kms_key_id = "", secret_status = "active" }]
    }
  }
  mock_resource "aws_rds_cluster" {
    defaults = {
      id                 = "mock"
      endpoint           = "mock.ap-northeast-2.rds.amazonaws.com"
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:rds!cluster-mock", kms_key_id = "", secret_status = "active" }]
    }
  }
  # What a mock makes up may begin with a digit, which a name or id here must not.
  mock_resource "aws_db_proxy_default_target_group" {
    defaults = { name = "default" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:mock" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mock" }
  }
  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:distribution/MOCK", domain_name = "mock.cloudfront.net" }
  }
  mock_resource "aws_cognito_user_pool" {
    defaults = { arn = "arn:aws:cognito-idp:ap-northeast-2:123456789012:userpool/ap-northeast-2_Mock" }
  }
  mock_resource "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:ap-northeast-2:123456789012:stateMachine:mock" }
  }
  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:ap-northeast-2:123456789012:regional/webacl/mock/0" }
  }
  mock_resource "aws_api_gateway_stage" {
    defaults = { arn = "arn:aws:apigateway:ap-northeast-2::/restapis/mock/stages/live" }
  }
  mock_resource "aws_api_gateway_rest_api" {
    defaults = { execution_arn = "arn:aws:execute-api:ap-northeast-2:123456789012:mock" }
  }
  mock_resource "aws_apigatewayv2_api" {
    defaults = { id = "mock", execution_arn = "arn:aws:execute-api:ap-northeast-2:123456789012:mock" }
  }
}

variables {
  zips_bucket = "finkurn-lambda-deployment"
  zips_prefix = "0123456"
  images = {
    backend = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/finq-backend@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    chatbot = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/finq-chatbot@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    etl     = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/finq-etl@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  }
}

run "prod" {
  variables {
    environment         = "prod"
    waf                 = true
    milvus_uri          = "https://in01-mock.zillizcloud.com:19531"
    interface_endpoints = ["secretsmanager", "bedrock-runtime", "lambda"]
  }

  assert {
    condition     = toset(keys(module.functions.functions)) == toset(keys(yamldecode(file("../../functions.yaml")).functions))
    error_message = "Not the functions of functions.yaml."
  }
  assert {
    condition     = alltrue([for key, function in module.functions.functions : function.name == key])
    error_message = "Names in production are the architecture's."
  }
  assert {
    condition = alltrue([
      for key, function in yamldecode(file("../../functions.yaml")).functions :
      module.functions.functions[key].memory == function.memory && module.functions.functions[key].timeout == function.timeout
    ])
    error_message = "Memory or time differs from functions.yaml."
  }
  assert {
    condition     = output.policy_bucket == "finkurn-policy-docs"
    error_message = "The bucket of policies is the architecture's."
  }
  assert {
    condition     = toset(keys(output.function_urls)) == toset(["finkurn-load-policies"])
    error_message = "One function has a URL."
  }
  assert {
    condition     = toset(keys(output.secret_names)) == toset(["milvus", "tavily", "openapi"])
    error_message = "Not the secrets that people fill."
  }
  # Names of secrets may be told; nothing else that an output says looks like one.
  assert {
    condition     = !can(regex("(?i)password|secretstring|api_key", jsonencode([output.functions, output.rollback_alarms, output.user_pool_client_id, output.secret_names])))
    error_message = "An output looks like a secret."
  }
}

run "aurora_and_proxy" {
  variables {
    environment = "dev"
    suffix      = "-dev"
    rest_cache  = true
    protected   = false
    database    = { engine = "aurora", proxy = true }
  }

  assert {
    condition     = alltrue([for key, function in module.functions.functions : function.name == "${key}-dev"])
    error_message = "The suffix is missing."
  }
  assert {
    condition     = module.data.metric_dimension == tomap({ DBClusterIdentifier = "finkurn-postgres-dev" })
    error_message = "Aurora is watched as a cluster."
  }
}

run "a_tag_is_no_image" {
  command = plan

  variables {
    environment = "prod"
    images      = { backend = "registry/finq-backend:latest", chatbot = "registry/finq-chatbot:latest", etl = "registry/finq-etl:latest" }
  }

  expect_failures = [var.images]
}

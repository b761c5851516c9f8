# FinQ in one environment. What runs is said by functions.yaml and api/openapi.yaml; this wires it up.

data "aws_caller_identity" "this" {}

locals {
  contract  = yamldecode(file("${path.module}/../../functions.yaml"))
  functions = local.contract.functions

  account = data.aws_caller_identity.this.account_id
  name    = "finkurn${var.suffix}"
  stage   = "live"

  # Made by terraform/account. Whatever a role is granted, it gets no more than this.
  permissions_boundary = "arn:aws:iam::${local.account}:policy/finkurn-boundary"
}

module "network" {
  source = "../modules/network"

  name                = local.name
  cidr                = var.vpc_cidr
  zones               = [for zone in ["a", "c"] : "${var.region}${zone}"] # both have every service that FinQ uses
  nat_per_zone        = var.nat_per_zone
  interface_endpoints = var.interface_endpoints
  egress_ports        = local.milvus_ports
}

module "data" {
  source = "../modules/data"

  name                        = "finkurn-postgres${var.suffix}"
  engine                      = var.database.engine
  instance_class              = var.database.instance_class
  aurora_capacity             = var.database.aurora_capacity
  multi_az                    = var.database.multi_az
  proxy                       = var.database.proxy
  protected                   = var.protected
  vpc_id                      = module.network.vpc_id
  subnet_ids                  = module.network.isolated_subnet_ids
  functions_security_group_id = module.network.functions_security_group_id
  log_retention_days          = var.log_retention_days
  permissions_boundary        = local.permissions_boundary
}

module "auth" {
  source = "../modules/auth"

  name             = "finkurn-users${var.suffix}"
  client_name      = "finkurn-app"
  mfa              = var.mfa
  protected        = var.protected
  ses_identity_arn = var.mail.ses_identity_arn
  mail_from        = var.mail.from
}

module "storage" {
  source = "../modules/storage"

  policy_bucket = "finkurn-policy-docs${var.bucket_suffix}"
  force_destroy = !var.protected
}

module "secrets" {
  source = "../modules/secrets"

  recovery_days = var.protected ? 30 : 0
  secrets = {
    milvus  = { name = "finkurn/milvus${var.suffix}", description = "Milvus (Zilliz): {\"token\": \"...\"}" }
    tavily  = { name = "finkurn/tavily${var.suffix}", description = "Tavily: {\"api_key\": \"...\"}" }
    openapi = { name = "finkurn/openapi${var.suffix}", description = "Open API of youthcenter.go.kr: {\"api_key\": \"...\"}" }
  }
}

module "functions" {
  source = "../modules/functions"

  name            = local.name
  suffix          = var.suffix
  functions       = local.functions
  groups          = local.groups
  internet_groups = local.internet_groups
  extra_grants    = local.extra_grants
  images          = var.images
  zips            = { bucket = var.zips_bucket, prefix = var.zips_prefix }
  network = {
    egress_subnet_ids   = module.network.egress_subnet_ids
    isolated_subnet_ids = module.network.isolated_subnet_ids
    security_group_id   = module.network.functions_security_group_id
  }
  reserve_concurrency     = var.reserve_concurrency
  provisioned_concurrency = var.provisioned_concurrency
  log_retention_days      = var.log_retention_days
  permissions_boundary    = local.permissions_boundary
}

module "api_rest" {
  source = "../modules/api-rest"

  name          = "finkurn-api${var.suffix}"
  stage         = local.stage
  contract      = "${path.module}/../../api/openapi.yaml"
  user_pool_arn = module.auth.pool_arn
  web_origin    = module.web.origin
  throttle      = { rate = 10000, burst = 5000 }
  cache         = { enabled = var.rest_cache, tag = "policies", seconds = 300, size = "0.5" }
  waf           = var.waf
  functions = {
    for key, function in module.functions.functions : key => {
      name       = function.name
      alias      = function.alias
      invoke_arn = function.invoke_arn
      tags       = try(local.functions[key].triggers.rest, [])
    }
  }
  log_retention_days = var.log_retention_days
}

module "api_websocket" {
  source = "../modules/api-websocket"

  name     = "finkurn-ws${var.suffix}"
  stage    = local.stage
  throttle = { rate = 1000, burst = 500 }
  functions = {
    for key, function in module.functions.functions : key => {
      name       = function.name
      alias      = function.alias
      invoke_arn = function.invoke_arn
      routes     = try(local.functions[key].triggers.websocket, [])
    }
  }
  log_retention_days = var.log_retention_days
}

module "pipeline" {
  source = "../modules/pipeline"

  name    = local.name
  enabled = var.schedules_enabled
  schedules = {
    for key, function in local.functions : key => {
      name      = module.functions.functions[key].name
      alias_arn = module.functions.functions[key].alias_arn
      timeout   = function.timeout
      cron      = function.triggers.schedule.cron
      steps     = [for step in try(function.triggers.schedule.steps, []) : jsonencode(step)]
    } if can(function.triggers.schedule)
  }
  alarm_topic_arn      = module.observability.topic_arn
  failures_queue_arn   = module.functions.failures_queue.arn
  log_retention_days   = var.log_retention_days
  permissions_boundary = local.permissions_boundary
}

module "web" {
  source = "../modules/web"

  name            = "${local.name}-web"
  bucket          = "finkurn-web${var.bucket_suffix}"
  region          = var.region
  domain          = var.web.domain
  certificate_arn = var.web.certificate_arn
  api_origins = [
    "https://*.execute-api.${var.region}.amazonaws.com",
    "wss://*.execute-api.${var.region}.amazonaws.com",
  ]
}

module "observability" {
  source = "../modules/observability"

  name   = local.name
  emails = var.alarm_emails
  functions = {
    for key, function in module.functions.functions : key => {
      name = "${key}${var.suffix}"
      # Called by the chatbot's failure record, too.
      asynchronous = try(local.functions[key].triggers.invoke, false) || contains([for other in local.functions : try(other.on_failure, "")], key)
    }
  }
  failures_queue       = module.functions.failures_queue.name
  rest_api             = { name = module.api_rest.name, stage = local.stage }
  websocket_api        = { id = module.api_websocket.id, stage = local.stage }
  database_dimension   = module.data.metric_dimension
  database_connections = var.database.connections
  machines             = module.pipeline.machines
  models               = distinct([var.models.answer, var.models.router, var.models.embedding])
}

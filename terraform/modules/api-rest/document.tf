# api/openapi.yaml with what the contract leaves to its user: an operation's one tag decides the function behind it,
# and every path answers preflights. Nothing here names a route.

locals {
  # Routes as they stand in the file, known before anything exists; what Terraform fills in is outside of `paths`.
  paths    = yamldecode(file(var.contract)).paths
  contract = yamldecode(templatefile(var.contract, { user_pool_arn = var.user_pool_arn, web_origin = var.web_origin }))

  functions = merge([for key, function in var.functions : { for tag in function.tags : tag => function }]...)

  parameters = {
    for path, item in local.paths : path => {
      for method, operation in item : method => [
        for parameter in try(operation.parameters, []) :
        try(local.contract.components.parameters[reverse(split("/", parameter["$ref"]))[0]], parameter)
      ]
    }
  }

  # Answers depend on who asks, so the token is part of the key: one person's cache is never another's.
  cached = {
    for path, item in local.paths : path => {
      for method, operation in item : method => var.cache.enabled && method == "get" && operation.tags[0] == var.cache.tag
    }
  }
  cache_keys = {
    for path, item in local.paths : path => {
      for method, _ in item : method => concat(["method.request.header.Authorization"], [
        for parameter in local.parameters[path][method] :
        "method.request.${ { path = "path", query = try(parameter.schema.type, "") == "array" ? "multivaluequerystring" : "querystring" }[parameter.in]}.${parameter.name}"
      ])
    }
  }

  operations = {
    for path, item in local.paths : path => {
      for method, operation in item : method => merge(
        operation,
        {
          x-amazon-apigateway-integration = merge(
            {
              type                = "aws_proxy"
              httpMethod          = "POST"
              uri                 = local.functions[operation.tags[0]].invoke_arn
              passthroughBehavior = "when_no_match"
              timeoutInMillis     = 29000
            },
            # Picked from a tuple: the branches of a conditional would have to be of one type.
            [{}, { cacheNamespace = "policies", cacheKeyParameters = local.cache_keys[path][method] }][local.cached[path][method] ? 1 : 0],
          )
        },
        [{}, {
          parameters = concat(
            try(operation.parameters, []),
            [{ name = "Authorization", in = "header", required = true, schema = { type = "string" } }],
          )
        }][local.cached[path][method] ? 1 : 0],
      )
    }
  }

  preflight = {
    for path, item in local.paths : path => {
      options = {
        summary   = "CORS"
        security  = []
        responses = { "204" = { description = "CORS", headers = { for name in keys(local.cors[path]) : name => { schema = { type = "string" } } } } }
        x-amazon-apigateway-integration = {
          type             = "mock"
          requestTemplates = { "application/json" = jsonencode({ statusCode = 204 }) }
          responses = { default = {
            statusCode         = "204"
            responseParameters = { for name, value in local.cors[path] : "method.response.header.${name}" => "'${value}'" }
          } }
        }
      }
    }
  }
  cors = {
    for path, item in local.paths : path => {
      Access-Control-Allow-Origin  = var.web_origin
      Access-Control-Allow-Methods = join(",", concat([for method in keys(item) : upper(method)], ["OPTIONS"]))
      Access-Control-Allow-Headers = "Authorization,Content-Type"
      Access-Control-Max-Age       = "600"
    }
  }

  document = merge(local.contract, {
    info  = merge(local.contract.info, { title = var.name })
    paths = { for path, _ in local.paths : path => merge(local.operations[path], local.preflight[path]) }
  })
}

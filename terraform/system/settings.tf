# What each environment group of functions.yaml gets here, and what reading it allows. Variables that are not set keep
# the default of src/finq/settings.py; those of a group without default must be set (tests hold this file to both).

locals {
  lambda_arn = "arn:aws:lambda:${var.region}:${local.account}:function"

  milvus = var.milvus_uri != ""
  # Zilliz listens on a port of its own for each cluster.
  milvus_ports = local.milvus ? [tonumber(try(regex(":([0-9]+)/?$", var.milvus_uri)[0], "443"))] : []

  # A profile sends a call to the regions it spans, so the model behind it must be allowed wherever it may be answered.
  chat_models = distinct([var.models.answer, var.models.router])
  chat_model_arns = flatten([
    for id in local.chat_models : startswith(id, "global.") ? [
      "arn:aws:bedrock:${var.region}:${local.account}:inference-profile/${id}",
      "arn:aws:bedrock:${var.region}::foundation-model/${trimprefix(id, "global.")}",
      "arn:aws:bedrock:::foundation-model/${trimprefix(id, "global.")}",
    ] : ["arn:aws:bedrock:${var.region}::foundation-model/${id}"]
  ])
  embedding_models = distinct(compact([var.models.embedding, var.models.previous_embedding]))

  groups = {
    database = {
      environment = {
        FINQ_DATABASE_HOST      = module.data.host
        FINQ_DATABASE_SECRET_ID = module.data.secret_arn
      }
      grants = [{ sid = "DatabasePassword", actions = ["secretsmanager:GetSecretValue"], resources = [module.data.secret_arn] }]
    }
    vectors = {
      environment = {
        FINQ_VECTOR_STORE     = local.milvus ? "milvus" : "pgvector"
        FINQ_MILVUS_URI       = var.milvus_uri
        FINQ_MILVUS_SECRET_ID = local.milvus ? module.secrets.arns["milvus"] : ""
      }
      grants = [{ sid = "MilvusToken", actions = ["secretsmanager:GetSecretValue"], resources = [module.secrets.arns["milvus"]] }]
    }
    embeddings = {
      environment = { FINQ_EMBEDDING_MODEL_ID = var.models.embedding }
      grants = [{
        sid       = "Embeddings"
        actions   = ["bedrock:InvokeModel"]
        resources = [for id in local.embedding_models : "arn:aws:bedrock:${var.region}::foundation-model/${id}"]
      }]
    }
    models = {
      environment = {
        FINQ_ANSWER_MODEL_ID = var.models.answer
        FINQ_ROUTER_MODEL_ID = var.models.router
      }
      grants = [{ sid = "Models", actions = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"], resources = local.chat_model_arns }]
    }
    cognito = {
      environment = {
        FINQ_USER_POOL_ID        = module.auth.pool_id
        FINQ_USER_POOL_CLIENT_ID = module.auth.client_id
      }
      grants = [] # sign-up, login and keys are public calls
    }
    websocket = {
      environment = { FINQ_WEBSOCKET_ENDPOINT = module.api_websocket.management_endpoint }
      grants      = [{ sid = "Push", actions = ["execute-api:ManageConnections"], resources = [module.api_websocket.push_arn] }]
    }
    chatbot = {
      # The alias: a deployment decides which version answers.
      environment = { FINQ_CHATBOT_FUNCTION = "finkurn-chatbot${var.suffix}:live" }
      grants      = [{ sid = "Chatbot", actions = ["lambda:InvokeFunction"], resources = ["${local.lambda_arn}:finkurn-chatbot${var.suffix}:live"] }]
    }
    storage = {
      environment = { FINQ_POLICY_BUCKET = module.storage.policy_bucket.name }
      grants = [
        { sid = "ListPolicies", actions = ["s3:ListBucket"], resources = [module.storage.policy_bucket.arn] },
        { sid = "ReadPolicies", actions = ["s3:GetObject"], resources = ["${module.storage.policy_bucket.arn}/*"] },
        { sid = "WritePolicies", actions = ["s3:DeleteObject", "s3:PutObject"], resources = ["${module.storage.policy_bucket.arn}/policies/*"] },
        { sid = "WriteManifest", actions = ["s3:PutObject"], resources = ["${module.storage.policy_bucket.arn}/manifest/*"] },
      ]
    }
    open_api = {
      environment = { FINQ_OPENAPI_SECRET_ID = module.secrets.arns["openapi"] }
      grants      = [{ sid = "OpenApiKey", actions = ["secretsmanager:GetSecretValue"], resources = [module.secrets.arns["openapi"]] }]
    }
    web_search = {
      environment = { FINQ_TAVILY_SECRET_ID = module.secrets.arns["tavily"] }
      grants      = [{ sid = "TavilyKey", actions = ["secretsmanager:GetSecretValue"], resources = [module.secrets.arns["tavily"]] }]
    }
    monitor = {
      environment = {}
      grants      = []
    }
    rest = {
      environment = { FINQ_WEB_ORIGIN = module.web.origin }
      grants      = []
    }
  }

  # Erasing an account is the one call to Cognito that needs a role; it is an operation of the tag `profile`.
  extra_grants = {
    for key, function in local.functions : key => [
      { sid = "EraseAccount", actions = ["cognito-idp:AdminDeleteUser"], resources = [module.auth.pool_arn] },
    ] if contains(try(function.triggers.rest, []), "profile")
  }

  # Groups that name something outside AWS, or on AWS without an interface endpoint in the VPC.
  internet_groups = toset(concat(
    ["vectors", "web_search", "open_api", "cognito", "websocket"],
    contains(var.interface_endpoints, "bedrock-runtime") ? [] : ["embeddings", "models"],
    contains(var.interface_endpoints, "lambda") ? [] : ["chatbot"],
  ))
}

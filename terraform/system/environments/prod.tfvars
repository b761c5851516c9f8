environment = "prod"

zips_bucket = "finkurn-lambda-deployment"

# The functions' own traffic to Bedrock and Lambda stays off the internet.
interface_endpoints = ["secretsmanager", "bedrock-runtime", "lambda"]
waf                 = true

# To be set for a real deployment: milvus_uri, mail, web, alarm_emails (docs/operations.md).

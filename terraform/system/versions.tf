terraform {
  # S3 locks the state itself since 1.11.
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # terraform init -backend-config=environments/ENVIRONMENT.s3.tfbackend
  backend "s3" {}
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = "finq", Environment = var.environment, ManagedBy = "terraform" }
  }
}

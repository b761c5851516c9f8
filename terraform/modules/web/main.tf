# The web app: files in a bucket that CloudFront alone reads, with the headers that a browser needs to be strict.

data "aws_cloudfront_cache_policy" "optimized" {
  name = "Managed-CachingOptimized"
}


module "bucket" {
  source = "../bucket"

  name          = var.bucket
  force_destroy = true # built from the repository, so nothing in it is lost
  statements = [{
    Sid       = "CloudFrontAlone"
    Effect    = "Allow"
    Principal = { Service = "cloudfront.amazonaws.com" }
    Action    = "s3:GetObject"
    Resource  = "arn:aws:s3:::${var.bucket}/*"
    Condition = { StringEquals = { "AWS:SourceArn" = aws_cloudfront_distribution.this.arn } }
  }]
}

resource "aws_cloudfront_origin_access_control" "this" {
  name                              = var.name
  description                       = "Reads the bucket of the web app"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_response_headers_policy" "this" {
  # checkov:skip=CKV_AWS_259: two years of HTTPS with subdomains; to be preloaded into browsers is the decision of whoever owns the domain
  name    = var.name
  comment = "Security headers of the web app"

  security_headers_config {
    strict_transport_security {
      access_control_max_age_sec = 63072000
      include_subdomains         = true
      override                   = true
    }
    content_type_options {
      override = true
    }
    frame_options {
      frame_option = "DENY"
      override     = true
    }
    referrer_policy {
      referrer_policy = "strict-origin-when-cross-origin"
      override        = true
    }
    content_security_policy {
      # The APIs by pattern, since they name this distribution in their CORS headers: each would have to be there first.
      content_security_policy = join("; ", [
        "default-src 'self'",
        "connect-src 'self' ${join(" ", var.api_origins)}",
        "img-src 'self' data:",
        "style-src 'self' 'unsafe-inline'", # React Native for the web writes style elements
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
      ])
      override = true
    }
  }

  custom_headers_config {
    items {
      header   = "Permissions-Policy"
      value    = "camera=(), geolocation=(), microphone=()"
      override = true
    }
  }
}

resource "aws_cloudfront_distribution" "this" {
  # checkov:skip=CKV_AWS_68: files without a program behind them; WAF stands before the API
  # checkov:skip=CKV_AWS_86: access logs of public files would hold nothing but addresses of people
  # checkov:skip=CKV_AWS_174: without a domain of our own CloudFront's certificate decides; with one it is TLS 1.2 (2021)
  # checkov:skip=CKV_AWS_310: one bucket; S3 is in three zones already
  # checkov:skip=CKV_AWS_374: the app is for people from Korea wherever they are
  # checkov:skip=CKV2_AWS_32: the headers policy is below; the check does not follow the reference
  # checkov:skip=CKV2_AWS_42: a certificate of our own comes with `domain`
  # checkov:skip=CKV2_AWS_47: files without a program behind them have no Log4j
  enabled             = true
  comment             = "Web app of FinQ (${var.name})"
  default_root_object = "index.html"
  price_class         = "PriceClass_200" # Asia is not in the cheapest class
  http_version        = "http2and3"
  is_ipv6_enabled     = true
  aliases             = var.domain == null ? [] : [var.domain]

  origin {
    origin_id                = "bucket"
    domain_name              = "${var.bucket}.s3.${var.region}.amazonaws.com"
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id
  }

  default_cache_behavior {
    target_origin_id           = "bucket"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    viewer_protocol_policy     = "redirect-to-https"
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.optimized.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
  }

  # The app finds its way by itself; S3 says 403 for what is not there to somebody who may not list.
  dynamic "custom_error_response" {
    for_each = [403, 404]
    content {
      error_code            = custom_error_response.value
      response_code         = 200
      response_page_path    = "/index.html"
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.domain == null
    acm_certificate_arn            = var.certificate_arn
    ssl_support_method             = var.domain == null ? null : "sni-only"
    minimum_protocol_version       = var.domain == null ? "TLSv1" : "TLSv1.2_2021"
  }
}

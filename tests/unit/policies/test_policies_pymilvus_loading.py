import subprocess
import sys

PROGRAM = """
import sys
from finq.policies.vectors import pymilvus_loading
pymilvus = pymilvus_loading.load()
assert "pandas" not in sys.modules
schema = pymilvus.MilvusClient.create_schema(auto_id=False)
schema.add_field("id", pymilvus.DataType.INT64, is_primary=True)
schema.add_field("vector", pymilvus.DataType.FLOAT_VECTOR, dim=2)
schema.verify()
assert "pandas" not in sys.modules
from pymilvus.orm.types import infer_dtype_bydata
assert infer_dtype_bydata([1.0, 2.0]) == pymilvus.DataType.FLOAT_VECTOR
import pandas
assert len(pandas.DataFrame({"a": [1, 2]})) == 2
assert pymilvus_loading.load() is pymilvus
"""


def test_pymilvus_is_whole_without_pandas_and_leaves_pandas_whole():
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)

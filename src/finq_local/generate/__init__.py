"""Seeded policies, applicants and questions in any number, for benchmarks and evaluations.

The same seed always gives the same sequence, and a longer run starts with a shorter one.
"""

from finq_local.generate.people import Question, generate_applicants, generate_questions
from finq_local.generate.records import REFERENCE_DAY, generate

__all__ = ["REFERENCE_DAY", "Question", "generate", "generate_applicants", "generate_questions"]

"""How well FinQ finds and answers: judged questions over a corpus, several configurations side by side."""

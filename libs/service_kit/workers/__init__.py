"""Workers: the processes of one service that share its port, its limits and its figures, under one supervisor."""

class Score:
    INPUTS = [("Data", ".csv")
    OUTPUTS = [("Scores", ".csv")]

    def execute(self, inputs, outputs): ...

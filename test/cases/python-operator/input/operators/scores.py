class Twice:
    OUTPUTS = [("Scores", ".csv")]

    def execute(self, inputs, outputs): ...

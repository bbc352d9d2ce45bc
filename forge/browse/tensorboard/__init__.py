"""Runs shown in TensorBoard, from what their folders say: nothing is logged twice."""

"""Watches: what a number must not do. Where one does, the training stops before that very step.

``kinds`` declares what can be watched for, ``checks`` finds what a program has to check, in the reference engine and on
a device alike, ``finding`` says where in a step it happened, and ``causes`` why.
"""

"""Alipay, by its open platform's gateway: refunds of trades in CNY, in one merchant's application."""

"""WeChat Pay, API v3: refunds of payments in CNY, in one merchant's account."""

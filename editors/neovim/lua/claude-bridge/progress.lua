--- `$/progress`: sorts session events by their token. What is not ours is LSP's own, for LspProgress and statuslines.
local M = {}

local PREFIX = 'claude-bridge.nvim/'

---@type table<string, fun(event: claude.SessionEvent)>
local sinks = {}
local count = 0

--- A new token whose events go to `sink`, until `forget`.
---@param sink fun(event: claude.SessionEvent)
---@return string
function M.token(sink)
  count = count + 1
  local token = PREFIX .. count
  sinks[token] = sink
  return token
end

---@param token? string
function M.forget(token)
  if token then
    sinks[token] = nil
  end
end

---@type lsp.Handler
function M.handler(err, params, context)
  local token = params.token
  local sink = sinks[token]
  if sink and params.value.event then
    sink(params.value.event)
  elseif type(token) ~= 'string' or not vim.startswith(token, PREFIX) then
    return vim.lsp.handlers['$/progress'](err, params, context)
  end
end

return M

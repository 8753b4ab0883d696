--- The highlight groups, as links that a colour scheme or a person overrides.
local M = {}

local links = {
  ClaudeYou = 'DiagnosticVirtualTextInfo',
  ClaudeClaude = 'DiagnosticVirtualTextHint',
  ClaudeAside = 'Comment',
  ClaudeThinking = 'Comment',
  ClaudeTool = 'Function',
  ClaudeToolRunning = 'DiagnosticWarn',
  ClaudeToolDone = 'DiagnosticOk',
  ClaudeToolFailed = 'DiagnosticError',
  ClaudeInfo = 'DiagnosticInfo',
  ClaudeWarning = 'DiagnosticWarn',
  ClaudeError = 'DiagnosticError',
  ClaudeSpinner = 'DiagnosticInfo',
  ClaudeAsking = 'DiagnosticWarn',
  ClaudePower = 'ErrorMsg',
  ClaudeTitle = 'Title',
  ClaudePlaceholder = 'Comment',
}

function M.define()
  for name, target in pairs(links) do
    vim.api.nvim_set_hl(0, name, { link = target, default = true })
  end
end

return M

--- The chat's highlighting: Neovim's own Markdown parser, under a name of our own, with queries that stay fast in a
--- long text that grows thirty times a second. Neovim's own ones look through the whole buffer after each change (for
--- HTML, whose parts belong together), and parse in the middle of scrolling (to hide fences as whole lines).
local M = {}

local LANGUAGE = 'claude_markdown'

local INJECTIONS = [[
  (fenced_code_block
    (info_string (language) @injection.language)
    (code_fence_content) @injection.content)

  ([(inline) (pipe_table_cell)] @injection.content
    (#set! injection.language "markdown_inline"))
]]

--- Neovim's query for Markdown, and what the person has added to it, without the lines that are hidden whole.
---@return string
local function highlights()
  local texts = {}
  for _, file in ipairs(vim.treesitter.query.get_files('markdown', 'highlights')) do
    texts[#texts + 1] = table.concat(vim.fn.readfile(file), '\n')
  end
  return (table.concat(texts, '\n'):gsub('%(#set! conceal_lines "[^"]*"%)', ''))
end

---@return boolean
local function add_language()
  local parser = vim.api.nvim_get_runtime_file('parser/markdown.so', false)[1]
    or vim.api.nvim_get_runtime_file('parser/markdown.*', false)[1]
  if not parser then
    return false
  end
  local added = vim.treesitter.language.add(LANGUAGE, { path = parser, symbol_name = 'markdown' })
  if not added then
    return false
  end
  vim.treesitter.query.set(LANGUAGE, 'highlights', highlights())
  vim.treesitter.query.set(LANGUAGE, 'injections', INJECTIONS)
  return true
end

---@type boolean?
local is_there

--- Highlights a buffer. Without a parser there are no colours, and nothing else is missing.
---@param buf integer
function M.start(buf)
  if is_there == nil then
    local ok, added = pcall(add_language)
    is_there = ok and added
  end
  if is_there then
    vim.treesitter.start(buf, LANGUAGE)
  else
    pcall(vim.treesitter.start, buf, 'markdown')
  end
end

return M

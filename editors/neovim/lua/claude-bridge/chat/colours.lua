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

--- What is the slowest to compile by far, as it can match anywhere, and the same where alone it does match.
local ANYWHERE = '%(%(link_label%)%s+%.%s+":" @punctuation%.delimiter%)'
local IN_DEFINITION = '(link_reference_definition (link_label) . ":" @punctuation.delimiter)'

--- Neovim's query for Markdown, and what the person has added to it, without the lines that are hidden whole.
---@return string
local function highlights()
  local texts = {}
  for _, file in ipairs(vim.treesitter.query.get_files('markdown', 'highlights')) do
    texts[#texts + 1] = table.concat(vim.fn.readfile(file), '\n')
  end
  return (table.concat(texts, '\n'):gsub('%(#set! conceal_lines "[^"]*"%)', ''):gsub(ANYWHERE, IN_DEFINITION))
end

--- Compiles what a text needs that is no code before it is drawn, one query in a turn of the loop: all of them at once
--- would hold it up for longer than a frame.
local function compile_ahead()
  local names = { 'highlights', 'injections' }
  local function step()
    local name = table.remove(names, 1)
    if name then
      pcall(vim.treesitter.query.get, 'markdown_inline', name)
      vim.schedule(step)
    end
  end
  vim.schedule(step)
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
  compile_ahead()
  return true
end

---@type boolean?
local known

---@return boolean
local function is_there()
  if known == nil then
    local ok, added = pcall(add_language)
    known = ok and added
  end
  return known
end

--- Highlights a buffer. Without a parser there are no colours, and nothing else is missing.
---@param buf integer
function M.start(buf)
  if is_there() then
    vim.treesitter.start(buf, LANGUAGE)
  else
    pcall(vim.treesitter.start, buf, 'markdown')
  end
end

--- Makes a buffer a Markdown one. Neovim's older highlighting, which takes longer to load than all else, is left out
--- where there is the newer one.
---@param buf integer
function M.set_filetype(buf)
  vim.b[buf].ts_highlight = is_there() or nil
  vim.bo[buf].filetype = 'markdown'
  M.start(buf)
end

return M
